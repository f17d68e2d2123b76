package io.github.steelyard.io.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import io.github.steelyard.nn.export.ExportException;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The constants of a graph. Equal ones of one name and views of the same memory are stored once.
 */
final class OnnxConstants {
  /** A protobuf message ends here; the rest of the model needs some room too. */
  private static final long LARGEST = Integer.MAX_VALUE - (16L << 20);

  private final List<TensorProto> tensors = new ArrayList<>();
  private final Map<String, Tensor> byName = new HashMap<>();
  private final Map<View, String> byView = new HashMap<>();
  private final Map<String, Long> bytesByType = new HashMap<>();
  private long bytes;

  /** What a tied weight has in common with itself. */
  private record View(long address, ScalarType type, List<Long> shape, List<Long> strides) {
    static View of(Tensor tensor) {
      return new View(
          tensor.data_ptr().address(),
          tensor.scalar_type().intern(),
          Arrays.stream(tensor.shape()).boxed().toList(),
          Arrays.stream(tensor.strides().vec().get()).boxed().toList());
    }
  }

  /** The name under which the tensor is stored. */
  String add(String name, Tensor tensor) {
    View view = View.of(tensor);
    String known = byView.get(view);
    if (known != null) {
      return known;
    }
    String free = name;
    for (int count = 2; byName.containsKey(free); count++) {
      if (isSame(byName.get(free), tensor)) {
        return free;
      }
      free = name + "_" + count;
    }
    store(free, type(name, tensor), tensor);
    // Kept, so that no other constant can come to lie at the same address.
    byName.put(free, Scope.keep(tensor));
    byView.put(view, free);
    return free;
  }

  private static boolean isSame(Tensor stored, Tensor tensor) {
    return stored.scalar_type().intern() == tensor.scalar_type().intern()
        && Arrays.equals(stored.shape(), tensor.shape())
        && torch.equal(stored, tensor);
  }

  private static TensorProto.DataType type(String name, Tensor tensor) {
    ScalarType type = tensor.scalar_type().intern();
    if (type == ScalarType.Float) {
      return TensorProto.DataType.FLOAT;
    }
    if (type == ScalarType.Long) {
      return TensorProto.DataType.INT64;
    }
    throw new ExportException(
        name, "is of type " + type + ", but float32 is needed; use to(ScalarType.Float) first");
  }

  private void store(String name, TensorProto.DataType type, Tensor tensor) {
    long size = tensor.numel() * tensor.element_size();
    reserve(name, type, size);
    Tensor plain = tensor.detach().cpu().contiguous();
    ByteString content =
        size == 0
            ? ByteString.EMPTY
            : ByteString.copyFrom(new BytePointer(plain.data_ptr()).capacity(size).asByteBuffer());
    TensorProto.Builder proto =
        TensorProto.newBuilder().setName(name).setDataType(type.getNumber()).setRawData(content);
    for (long length : tensor.shape()) {
      proto.addDims(length);
    }
    tensors.add(proto.build());
  }

  private void reserve(String name, TensorProto.DataType type, long size) {
    bytes += size;
    if (bytes > LARGEST) {
      throw new ExportException(
          name,
          "with this constant the model's constants take "
              + bytes
              + " bytes, but an ONNX file holds at most "
              + LARGEST);
    }
    bytesByType.merge(type.name(), size, Long::sum);
  }

  Map<String, Long> bytesByType() {
    return Collections.unmodifiableMap(bytesByType);
  }

  List<TensorProto> build() {
    return Collections.unmodifiableList(tensors);
  }
}
