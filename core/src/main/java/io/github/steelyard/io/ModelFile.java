package io.github.steelyard.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.StateDictException;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A module's weights in a safetensors file, under PyTorch's and timm's names. A file that timm or
 * {@code safetensors.torch.save_file} wrote loads without a mapping table, and theirs load ours.
 *
 * <pre>{@code
 * ModelFile.load(Path.of("resnet18.safetensors"), model);
 * ModelFile.save(Path.of("trained.safetensors"), model, provenance);
 * }</pre>
 */
public final class ModelFile {
  /** The key of a file's metadata under which the provenance stands, as JSON. */
  public static final String PROVENANCE = "steelyard.provenance";

  private static final JsonMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private ModelFile() {}

  /**
   * Copies the tensors of a file into a module. Element types are converted to the module's, shapes
   * are not. Needs the memory of the file's tensors in addition to the module's.
   *
   * @param file a safetensors file with exactly the module's names and shapes
   * @param module the module to change
   * @throws StateDictException if names are missing, unexpected or wrongly shaped; the message
   *     names the file and lists them with a suggestion, and the module is unchanged
   * @throws FileFormatException if it is not a valid safetensors file; the module is unchanged
   * @throws IOException if the file cannot be read; the module is unchanged
   */
  public static void load(Path file, Module module) throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      Scope.run(() -> module.loadStateDict(open.readAll()));
    } catch (StateDictException e) {
      throw e.from(file.toString());
    }
  }

  /**
   * Writes a module's state dict whole or not at all, with where it comes from.
   *
   * @param file the file to create or replace; its folder must exist
   * @param module the module to save
   * @param provenance what made the weights; see {@link #provenance}
   * @throws IOException if the file cannot be written; it is then as it was before
   */
  public static void save(Path file, Module module, Provenance provenance) throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", "pt"); // Hugging Face's loaders insist on it.
    metadata.put(PROVENANCE, JSON.writeValueAsString(provenance));
    SafeTensors.write(file, module.stateDict(), metadata);
  }

  /**
   * Where a file's weights come from.
   *
   * @param file a safetensors file
   * @return what {@link #save} stored; empty if something else wrote the file
   * @throws FileFormatException if the file or its provenance is damaged
   * @throws IOException if the file cannot be read
   */
  public static Optional<Provenance> provenance(Path file) throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      String json = open.metadata().get(PROVENANCE);
      return json == null
          ? Optional.empty()
          : Optional.ofNullable(JSON.readValue(json, Provenance.class));
    } catch (JsonProcessingException e) {
      throw new FileFormatException(
          file, "the metadata '" + PROVENANCE + "' is damaged: " + e.getOriginalMessage(), e);
    }
  }
}
