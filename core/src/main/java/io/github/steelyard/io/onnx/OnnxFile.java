package io.github.steelyard.io.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
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
import java.util.TreeMap;

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
 * <p>A quantized weight is stored as integers of 2, 4 or 8 bits (one bit takes 2, three take 4,
 * five and more take 8), as {@code <name>.integers}, and its scales; the value that follows from
 * them is the effective weight to the last bit. Only storage is in integers: ONNX Runtime's
 * processor provider turns weights into float32 and adds, multiplies and convolves in float32, as
 * activations are divided, clipped, rounded and multiplied in float32. It turns the weights at
 * every run, or once when the file is loaded if the session entry {@code session.disable_quant_qdq}
 * is 1.
 *
 * <p>Needs operator set 21 (ONNX Runtime 1.20 was tried), or 25 for 2-bit integers (1.24 was
 * tried).
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
    return save(file, module, OnnxInput.ofSamples(inputShape), Optional.empty(), Map.of());
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
    return save(file, module, inputShape, provenance, Map.of());
  }

  /**
   * Writes a model with where it comes from and what its users must know, whole or not at all. The
   * model is not changed. Needs memory for a copy of the weights.
   *
   * @param file the file to create or replace; its folder must exist
   * @param module a model that, with everything in it, is {@link Exportable}; its weights float32
   * @param inputShape shape of one input without the batch, such as {@code [3, 224, 224]}
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
      Path file, Module module, long[] inputShape, Provenance provenance, Map<String, String> more)
      throws IOException {
    return save(file, module, OnnxInput.ofSamples(inputShape), Optional.of(provenance), more);
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
    return save(file, module, OnnxInput.ofPictures(pictures), Optional.empty(), Map.of());
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
      Provenance provenance,
      Map<String, String> more)
      throws IOException {
    return save(file, module, OnnxInput.ofPictures(pictures), Optional.of(provenance), more);
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
        graph.constants().opset());
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
    GraphValue output = exportable.export(new OnnxOperators(graph), input.value());
    return ModelProto.newBuilder()
        .setProducerName("Steelyard")
        .setProducerVersion(Provenance.version())
        .setGraph(graph.build(output))
        .setIrVersion(graph.constants().opset() == OnnxType.BASE ? 10 : 13)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(graph.constants().opset()));
  }
}
