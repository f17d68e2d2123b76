package io.github.steelyard.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.StateDictException;
import io.github.steelyard.nn.StateDictReport;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/**
 * A module's weights in a safetensors file, under PyTorch's and timm's names. A file that timm or
 * {@code safetensors.torch.save_file} wrote loads without a mapping table, and theirs load ours.
 *
 * <pre>{@code
 * ModelFile.load(Path.of("resnet18.safetensors"), model);
 * ModelFile.save(Path.of("trained.safetensors"), model);
 * }</pre>
 */
public final class ModelFile {
  /** The key of a file's metadata under which the provenance stands, as JSON. */
  public static final String PROVENANCE = "steelyard.provenance";

  /** The key that {@code train.Checkpoint} puts into its files. */
  private static final String CHECKPOINT = "steelyard.checkpoint";

  private static final JsonMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private ModelFile() {}

  /**
   * Copies the tensors of a file into a module, whatever program wrote them: what {@link
   * Module#loadAdapted} can bring into the module's names and shapes is loaded and told. Needs the
   * memory of the file's tensors in addition to the module's.
   *
   * @param file a safetensors file with the names of PyTorch, timm or torchvision
   * @param module the module to change
   * @return what was done to the weights, for a person to read
   * @throws StateDictException if names are missing, unexpected or wrongly shaped all the same; the
   *     message names the file and lists them with those that may be meant, and the module is
   *     unchanged
   * @throws FileFormatException if it is not a valid safetensors file, or a run's checkpoint; the
   *     module is unchanged
   * @throws IOException if the file cannot be read; the module is unchanged
   */
  public static StateDictReport load(Path file, Module module) throws IOException {
    return read(file, module::loadAdapted);
  }

  /**
   * Copies the tensors of a file into a module that has exactly their names and shapes. Element
   * types are converted to the module's.
   *
   * @param file a safetensors file with exactly the module's names and shapes
   * @param module the module to change
   * @throws StateDictException if names are missing, unexpected or wrongly shaped; the message
   *     names the file and lists them with those that may be meant, and the module is unchanged
   * @throws FileFormatException if it is not a valid safetensors file, or a run's checkpoint; the
   *     module is unchanged
   * @throws IOException if the file cannot be read; the module is unchanged
   */
  public static void loadStrict(Path file, Module module) throws IOException {
    read(
        file,
        tensors -> {
          module.loadStateDict(tensors);
          return module;
        });
  }

  private static <T> T read(Path file, Function<Map<String, Tensor>, T> work) throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      if (open.metadata().containsKey(CHECKPOINT)) {
        throw new FileFormatException(
            file,
            "is a checkpoint of a run, which holds more than weights; export the run with --format"
                + " safetensors and load that file");
      }
      List<T> done = new ArrayList<>();
      Scope.run(() -> done.add(work.apply(open.readAll())));
      return done.get(0);
    } catch (StateDictException e) {
      throw e.from(file.toString());
    }
  }

  /**
   * Writes a module's state dict whole or not at all.
   *
   * @param file the file to create or replace; its folder must exist
   * @param module the module to save
   * @throws IOException if the file cannot be written; it is then as it was before
   */
  public static void save(Path file, Module module) throws IOException {
    save(file, module, Map.of());
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
    save(file, module, provenance, Map.of());
  }

  /**
   * Writes a module's state dict whole or not at all, with where it comes from and what its users
   * must know.
   *
   * @param file the file to create or replace; its folder must exist
   * @param module the module to save
   * @param provenance what made the weights; see {@link #provenance}
   * @param more further metadata by key, such as how pictures become inputs
   * @throws IOException if the file cannot be written; it is then as it was before
   */
  public static void save(Path file, Module module, Provenance provenance, Map<String, String> more)
      throws IOException {
    Map<String, String> told = new LinkedHashMap<>(more);
    told.put(PROVENANCE, JSON.writeValueAsString(provenance));
    save(file, module, told);
  }

  private static void save(Path file, Module module, Map<String, String> more) throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", "pt"); // Hugging Face's loaders insist on it.
    metadata.putAll(more);
    SafeTensors.write(file, module.stateDict(), metadata);
  }

  /**
   * Where a file's weights come from.
   *
   * @param file a safetensors file
   * @return what {@link #save(Path, Module, Provenance)} stored; empty if nothing is known
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
