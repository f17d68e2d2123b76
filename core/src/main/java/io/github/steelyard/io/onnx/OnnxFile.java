package io.github.steelyard.io.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.export.ExportException;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphValue;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A model as an ONNX file: what it computes in evaluation mode, in ONNX's standard operators, with
 * its effective weights. ONNX Runtime and other programs run it without Java or libtorch.
 *
 * <pre>{@code
 * OnnxExport written = OnnxFile.save(Path.of("resnet8.onnx"), model, 1, 28, 28);
 * }</pre>
 *
 * <p>Logits differ from libtorch's by the rounding of float32 only, about 1e-6 of the largest; but
 * where an activation is quantized, rounding may move a value that is very near a threshold to the
 * next level, and the logits then differ by what that changes.
 *
 * <p><b>Integer arithmetic.</b> Products of a quantized activation and a quantized weight, of
 * queries and keys, and of probabilities and values are {@code MatMulInteger}: bytes, added in 32
 * bits without any rounding. Scales of rows and columns, shifts and biases are applied to the sums,
 * half-integers are odd numbers of half the step. What else a network does (normalization, softmax,
 * GELU, residual sums) is float32, and so are layers whose input is not quantized, convolutions
 * (except where windows lie side by side and channels are few: else each channel of the input has a
 * scale of its own, which no integer sum can hold), activations of one signed bit, and weights
 * whose numbers do not fit a byte (8-bit StatsQ); {@link OnnxExport#floatProducts} names them. An
 * input that is not finite gives logits that are NaN, for that input alone. A layer whose sums
 * could leave 32 bits ({@code inner size · largest numbers > 2^31 - 1}) is refused; {@link
 * OnnxOptions#inFloat()} exports it.
 *
 * <p>Logits differ from the library's by the order in which scales are applied, about 1e-6 of the
 * largest, until an activation at a threshold takes the other level.
 *
 * <p>ONNX Runtime makes one kernel of a product, its scale and the turn to float32, if the batch is
 * left open; a session that fixes it gives the same numbers more slowly. Fast where the processor
 * has VNNI or AMX; exact everywhere.
 *
 * <p><b>Storage.</b> A quantized weight is stored as integers of 1, 2, 4 or 8 bits (three take 4,
 * five and more take 8), as {@code <name>.integers}, and its scales, in one of the ways of {@link
 * OnnxStorage}. ONNX Runtime takes them apart once, when it loads the file.
 *
 * <p>{@link OnnxOptions} says what is needed: operator set 21 if nothing is asked (ONNX Runtime
 * 1.20 or later by its release notes; 1.29 and 1.32 were tried), 18 to 25 if wanted.
 *
 * <p>With {@link OnnxPictures} the graph begins at decoded pictures: the input is called {@code
 * pictures}, uint8 [batch, height, width, 3], red, green and blue, upright, all of one size, which
 * may be any. Resize, crop, grey and normalization are nodes of the graph, and give what {@code
 * data.PictureInput} gives to the bit (measured with ONNX Runtime 1.24 on a processor over 200
 * sizes); the metadata {@value #PREPROCESSING} says so.
 *
 * <p>Otherwise the input is called {@code input}, the output {@code logits}, both float32; their
 * first dimension, {@code batch}, may be any size. Constants have the names of the state dict; the
 * weight of a linear layer is stored turned over, as {@code fc.weight.T} [in, out]. The provenance,
 * if it is known, is in the model's metadata, as JSON under {@link ModelFile#PROVENANCE}.
 */
public final class OnnxFile {
  /**
   * The key of the metadata, a JSON object, by which a graph says that it takes decoded pictures:
   * its input's name, element type, axes and order of colours.
   */
  public static final String PREPROCESSING = "steelyard.preprocessing";

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private OnnxFile() {}

  /**
   * Writes a model whole or not at all. The model is not changed. Needs memory for a copy of the
   * weights.
   *
   * @param file the file to create or replace; its folder must exist
   * @param module a model that, with everything in it, is {@link Exportable}; its weights float32
   * @param inputShape shape of one input without the batch, such as {@code 3, 224, 224}
   * @return what was written
   * @throws ExportException if the model or a part of it is not {@link Exportable}, does not take
   *     such an input or does not fit into a file of 2 GiB; the message names the part, and the
   *     file is as it was before
   * @throws IllegalArgumentException if the input's shape has a size below 1
   * @throws IOException if the file cannot be written; it is then as it was before
   */
  public static OnnxExport save(Path file, Module module, long... inputShape) throws IOException {
    return save(
        file,
        module,
        OnnxInput.ofSamples(inputShape, OnnxOptions.defaults()),
        Optional.empty(),
        Map.of());
  }

  /**
   * Writes a model with where it comes from, whole or not at all. The model is not changed. Needs
   * memory for a copy of the weights.
   *
   * @param file the file to create or replace; its folder must exist
   * @param module a model that, with everything in it, is {@link Exportable}; its weights float32
   * @param inputShape shape of one input without the batch, such as {@code [3, 224, 224]}
   * @param provenance what made the weights
   * @return what was written
   * @throws ExportException if the model or a part of it is not {@link Exportable}, does not take
   *     such an input or does not fit into a file of 2 GiB; the message names the part, and the
   *     file is as it was before
   * @throws IllegalArgumentException if the input's shape has a size below 1
   * @throws IOException if the file cannot be written; it is then as it was before
   */
  public static OnnxExport save(Path file, Module module, long[] inputShape, Provenance provenance)
      throws IOException {
    return save(file, module, inputShape, OnnxOptions.defaults(), provenance, Map.of());
  }

  /**
   * Writes a model with where it comes from and what its users must know, whole or not at all. The
   * model is not changed. Needs memory for a copy of the weights.
   *
   * @param file the file to create or replace; its folder must exist
   * @param module a model that, with everything in it, is {@link Exportable}; its weights float32
   * @param inputShape shape of one input without the batch, such as {@code [3, 224, 224]}
   * @param options what the graph may use
   * @param provenance what made the weights
   * @param more further metadata by key, such as how pictures become inputs
   * @return what was written
   * @throws ExportException if the model or a part of it is not {@link Exportable}, does not take
   *     such an input or does not fit into a file of 2 GiB; the message names the part, and the
   *     file is as it was before
   * @throws IllegalArgumentException if the input's shape has a size below 1
   * @throws IOException if the file cannot be written; it is then as it was before
   */
  public static OnnxExport save(
      Path file,
      Module module,
      long[] inputShape,
      OnnxOptions options,
      Provenance provenance,
      Map<String, String> more)
      throws IOException {
    return save(
        file, module, OnnxInput.ofSamples(inputShape, options), Optional.of(provenance), more);
  }

  /**
   * Writes a model that takes decoded pictures of any size, whole or not at all. The model is not
   * changed. Needs memory for a copy of the weights.
   *
   * @param file the file to create or replace; its folder must exist
   * @param module a model that, with everything in it, is {@link Exportable} and takes [batch,
   *     channels, height, width]; its weights float32
   * @param pictures how pictures become the model's input, such as {@code
   *     data.PictureInput.inGraph()}
   * @return what was written
   * @throws ExportException if the model or a part of it is not {@link Exportable}, does not take
   *     such an input or does not fit into a file of 2 GiB; the message names the part, and the
   *     file is as it was before
   * @throws IOException if the file cannot be written; it is then as it was before
   */
  public static OnnxExport save(Path file, Module module, OnnxPictures pictures)
      throws IOException {
    return save(
        file,
        module,
        OnnxInput.ofPictures(pictures, OnnxOptions.defaults()),
        Optional.empty(),
        Map.of());
  }

  /**
   * Writes a model that takes decoded pictures of any size, with where it comes from and what its
   * users must know, whole or not at all. The model is not changed. Needs memory for a copy of the
   * weights.
   *
   * @param file the file to create or replace; its folder must exist
   * @param module a model that, with everything in it, is {@link Exportable} and takes [batch,
   *     channels, height, width]; its weights float32
   * @param pictures how pictures become the model's input, such as {@code
   *     data.PictureInput.inGraph()}
   * @param options what the graph may use
   * @param provenance what made the weights
   * @param more further metadata by key, such as the names of classes
   * @return what was written
   * @throws ExportException if the model or a part of it is not {@link Exportable}, does not take
   *     such an input or does not fit into a file of 2 GiB; the message names the part, and the
   *     file is as it was before
   * @throws IOException if the file cannot be written; it is then as it was before
   */
  public static OnnxExport save(
      Path file,
      Module module,
      OnnxPictures pictures,
      OnnxOptions options,
      Provenance provenance,
      Map<String, String> more)
      throws IOException {
    return save(
        file, module, OnnxInput.ofPictures(pictures, options), Optional.of(provenance), more);
  }

  /**
   * Writes a model with chosen options, whole or not at all. The model is not changed.
   *
   * @param file the file to create or replace; its folder must exist
   * @param module a model that, with everything in it, is {@link Exportable}; its weights float32
   * @param inputShape shape of one input without the batch, such as {@code [3, 224, 224]}
   * @param options what the graph may use
   * @return what was written
   * @throws ExportException if the model or a part of it is not {@link Exportable}, does not take
   *     such an input, does not fit into a file of 2 GiB, or has sums that may leave 32 bits; the
   *     message names the part, and the file is as it was before
   * @throws IOException if the file cannot be written; it is then as it was before
   */
  public static OnnxExport save(Path file, Module module, long[] inputShape, OnnxOptions options)
      throws IOException {
    return save(file, module, OnnxInput.ofSamples(inputShape, options), Optional.empty(), Map.of());
  }

  private static OnnxExport save(
      Path file,
      Module module,
      OnnxInput input,
      Optional<Provenance> provenance,
      Map<String, String> more)
      throws IOException {
    refuseEdits(module);
    OnnxGraph graph = input.graph();
    ModelProto.Builder model =
        Scope.computeWithoutGradient(
            () -> EvaluationMode.compute(module, () -> build(input, module)));
    Map<String, String> told = new TreeMap<>(more);
    if (!input.toJson().isEmpty()) {
      told.put(PREPROCESSING, JSON.writeValueAsString(input.toJson()));
    }
    if (provenance.isPresent()) {
      told.put(ModelFile.PROVENANCE, JSON.writeValueAsString(provenance.get()));
    }
    told.forEach(
        (key, value) ->
            model.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    ModelProto finished = model.build();
    AtomicFile.write(
        file,
        channel -> {
          OutputStream out = Channels.newOutputStream(channel);
          finished.writeTo(out);
          out.flush();
        });
    return new OnnxExport(
        finished.getSerializedSize(),
        graph.constants().bytesByType(),
        finished.getGraph().getNodeCount(),
        graph.options().opset(),
        (int) nodes(finished, Set.of("MatMulInteger")).count(),
        nodes(finished, Set.of("MatMul", "Conv")).map(NodeProto::getName).toList());
  }

  private static Stream<NodeProto> nodes(ModelProto model, Set<String> operators) {
    return model.getGraph().getNodeList().stream()
        .filter(node -> operators.contains(node.getOpType()));
  }

  private static void refuseEdits(Module module) {
    module
        .namedTaps()
        .forEach(
            (path, tap) -> {
              if (tap.isEdited()) {
                throw new ExportException(
                    path, "the activation is edited by Java code, which cannot be exported");
              }
            });
  }

  private static ModelProto.Builder build(OnnxInput input, Module module) {
    OnnxGraph graph = input.graph();
    if (!(module instanceof Exportable exportable)) {
      throw ExportException.notExportable("", module);
    }
    OnnxOperators operators = new OnnxOperators(graph);
    GraphValue output = operators.guarded(exportable.export(operators, input.value()));
    return ModelProto.newBuilder()
        .setProducerName("Steelyard")
        .setProducerVersion(Provenance.version())
        .setGraph(graph.build(output))
        .setIrVersion(graph.options().format())
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(graph.options().opset()));
  }
}
