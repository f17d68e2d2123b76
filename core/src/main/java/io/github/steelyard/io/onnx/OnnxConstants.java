package io.github.steelyard.io.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import io.github.steelyard.nn.export.ExportException;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The constants of a graph. Equal ones of one name and views of the same memory are stored once.
 */
final class OnnxConstants {
  /** A protobuf message ends here; the rest of the model needs some room too. */
  private static final long LARGEST = Integer.MAX_VALUE - (16L << 20);

  private final List<TensorProto> tensors = new ArrayList<>();
  private final Map<String, OnnxConstant> byName = new HashMap<>();
  private final Map<View, String> byView = new HashMap<>();
  private final Map<String, Long> bytesByType = new HashMap<>();
  private long bytes;

  /** What a tied weight has in common with itself. */
  private record View(long address, OnnxType type, List<Long> shape, List<Long> strides) {
    static View of(OnnxConstant constant) {
      Tensor tensor = constant.tensor();
      return new View(
          tensor.data_ptr().address(),
          constant.type(),
          Arrays.stream(tensor.shape()).boxed().toList(),
          Arrays.stream(tensor.strides().vec().get()).boxed().toList());
    }
  }

  /** The name under which the constant is stored. */
  String add(OnnxConstant constant) {
    View view = View.of(constant);
    String known = byView.get(view);
    if (known != null) {
      return known;
    }
    String free = constant.name();
    for (int count = 2; byName.containsKey(free); count++) {
      if (isSame(byName.get(free), constant)) {
        return free;
      }
      free = constant.name() + "_" + count;
    }
    store(free, constant);
    // Kept, so that no other constant can come to lie at the same address.
    Scope.keep(constant.tensor());
    byName.put(free, constant);
    byView.put(view, free);
    return free;
  }

  private static boolean isSame(OnnxConstant stored, OnnxConstant constant) {
    return stored.type() == constant.type()
        && Arrays.equals(stored.shape(), constant.shape())
        && torch.equal(stored.tensor(), constant.tensor());
  }

  private void store(String name, OnnxConstant constant) {
    OnnxType type = constant.type();
    long size = type.bytes(constant.tensor().numel());
    bytes += size;
    if (bytes > LARGEST) {
      throw new ExportException(
          name,
          "with this constant the model's constants take "
              + bytes
              + " bytes, but an ONNX file holds at most "
              + LARGEST);
    }
    TensorProto.Builder proto =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.number())
            .setRawData(type.encode(constant.tensor()));
    for (long length : constant.shape()) {
      proto.addDims(length);
    }
    tensors.add(proto.build());
  }

  Map<String, Long> bytesByType() {
    return Collections.unmodifiableMap(bytesByType);
  }

  /** Those of the names; bytes are counted anew. */
  List<TensorProto> needed(Set<String> names) {
    bytesByType.clear();
    List<TensorProto> found = tensors.stream().filter(t -> names.contains(t.getName())).toList();
    found.forEach(
        tensor ->
            bytesByType.merge(
                OnnxType.name(tensor.getDataType()), (long) tensor.getRawData().size(), Long::sum));
    return found;
  }
}
