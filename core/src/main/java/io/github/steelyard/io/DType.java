package io.github.steelyard.io;

import java.util.Optional;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * An element type of the safetensors format, in the format's order of alignment. Types that
 * libtorch cannot hold ({@link #scalarType()} is empty) can be listed but not read as tensors.
 */
public enum DType {
  /** Truth values, one byte each. */
  BOOL(8, ScalarType.Bool),
  /** 4-bit floating point, two elements a byte. */
  F4(4, null),
  /** 6-bit floating point with 2 exponent bits. */
  F6_E2M3(6, null),
  /** 6-bit floating point with 3 exponent bits. */
  F6_E3M2(6, null),
  /** Unsigned 8-bit integers. */
  U8(8, ScalarType.Byte),
  /** Signed 8-bit integers. */
  I8(8, ScalarType.Char),
  /** 8-bit floating point with 5 exponent bits. */
  F8_E5M2(8, ScalarType.Float8_e5m2),
  /** 8-bit floating point with 4 exponent bits. */
  F8_E4M3(8, ScalarType.Float8_e4m3fn),
  /** 8-bit exponents without sign and mantissa. */
  F8_E8M0(8, ScalarType.Float8_e8m0fnu),
  /** 8-bit floating point with 4 exponent bits and no negative zero. */
  F8_E4M3FNUZ(8, ScalarType.Float8_e4m3fnuz),
  /** 8-bit floating point with 5 exponent bits and no negative zero. */
  F8_E5M2FNUZ(8, ScalarType.Float8_e5m2fnuz),
  /** Signed 16-bit integers. */
  I16(16, ScalarType.Short),
  /** Unsigned 16-bit integers. */
  U16(16, ScalarType.UInt16),
  /** IEEE 754 half precision. */
  F16(16, ScalarType.Half),
  /** The upper half of a single-precision number. */
  BF16(16, ScalarType.BFloat16),
  /** Signed 32-bit integers. */
  I32(32, ScalarType.Int),
  /** Unsigned 32-bit integers. */
  U32(32, ScalarType.UInt32),
  /** IEEE 754 single precision. */
  F32(32, ScalarType.Float),
  /** Complex numbers of two single-precision parts. */
  C64(64, ScalarType.ComplexFloat),
  /** IEEE 754 double precision. */
  F64(64, ScalarType.Double),
  /** Signed 64-bit integers. */
  I64(64, ScalarType.Long),
  /** Unsigned 64-bit integers. */
  U64(64, ScalarType.UInt64);

  private final int bits;
  private final ScalarType scalarType;

  DType(int bits, ScalarType scalarType) {
    this.bits = bits;
    this.scalarType = scalarType;
  }

  /**
   * The size of one element.
   *
   * @return the number of bits
   */
  public int bits() {
    return bits;
  }

  /**
   * The same type in libtorch.
   *
   * @return the type, or empty if libtorch has none
   */
  public Optional<ScalarType> scalarType() {
    return Optional.ofNullable(scalarType);
  }

  /**
   * The type that holds libtorch's type exactly.
   *
   * @param type libtorch's type
   * @return the format's type, or empty if it has none
   */
  public static Optional<DType> of(ScalarType type) {
    for (DType dtype : values()) {
      // Compared by value: JavaCPP hands out enum objects that need not be the constants.
      if (dtype.scalarType != null && dtype.scalarType.value == type.value) {
        return Optional.of(dtype);
      }
    }
    return Optional.empty();
  }
}
