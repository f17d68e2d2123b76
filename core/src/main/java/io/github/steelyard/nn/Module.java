package io.github.steelyard.nn;

import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Suggestion;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A network or a part of one: named parameters, buffers, submodules and taps, and a {@link
 * #forward}. A subclass registers its parts in its constructor and keeps what the registering
 * methods return in fields; the names make the state dict, equal to PyTorch's and timm's.
 *
 * <pre>{@code
 * final class TwoLayers extends Module {
 *   private final Submodule fc1 = submodule("fc1", new Linear(784, 256));
 *   private final Tap hidden = tap("hidden");
 *   private final Submodule fc2 = submodule("fc2", new Linear(256, 10));
 *
 *   public Tensor forward(Tensor x) {
 *     return fc2.forward(hidden.of(fc1.forward(x).relu()));
 *   }
 * }
 * }</pre>
 *
 * <p>A module is not safe for use by several threads at once.
 */
public abstract class Module {
  static {
    Engine.start();
  }

  private final Map<String, Parameter> parameters = new LinkedHashMap<>();
  private final Map<String, Buffer> buffers = new LinkedHashMap<>();
  private final Map<String, Submodule> submodules = new LinkedHashMap<>();
  private final Map<String, Tap> taps = new LinkedHashMap<>();
  private boolean training = true;

  /** Creates a module without parts, in training mode. */
  protected Module() {}

  /**
   * Computes the output.
   *
   * @param input the input; its shape is stated by the subclass
   * @return the output
   */
  public abstract Tensor forward(Tensor input);

  /**
   * Registers a trainable parameter.
   *
   * @param name its name in this module, without dots
   * @param initial its first value, which is taken over
   * @return the parameter
   * @throws IllegalArgumentException if the name is taken or not a name
   */
  protected final Parameter parameter(String name, Tensor initial) {
    requireFree(name);
    return parameter(name, new Parameter(initial));
  }

  /**
   * Registers a parameter that exists already: it is shared with (tied to) the module that made it,
   * or taken over from a module that this one replaces.
   *
   * @param name its name in this module, without dots
   * @param existing the parameter
   * @return the same parameter
   * @throws IllegalArgumentException if the name is taken or not a name
   */
  protected final Parameter parameter(String name, Parameter existing) {
    requireFree(name);
    parameters.put(name, existing);
    return existing;
  }

  /**
   * Registers a buffer that is part of the state dict.
   *
   * @param name its name in this module, without dots
   * @param initial its first value, which is taken over
   * @return the buffer
   * @throws IllegalArgumentException if the name is taken or not a name
   */
  protected final Buffer buffer(String name, Tensor initial) {
    return register(name, new Buffer(initial, true));
  }

  /**
   * Registers a buffer that moves with the module but is not saved.
   *
   * @param name its name in this module, without dots
   * @param initial its value, which is taken over
   * @return the buffer
   * @throws IllegalArgumentException if the name is taken or not a name
   */
  protected final Buffer temporaryBuffer(String name, Tensor initial) {
    return register(name, new Buffer(initial, false));
  }

  /**
   * Registers a buffer that exists already: it is shared with the object that made it, or taken
   * over from a module that this one replaces.
   *
   * @param name its name in this module, without dots
   * @param existing the buffer
   * @return the same buffer
   * @throws IllegalArgumentException if the name is taken or not a name
   */
  protected final Buffer buffer(String name, Buffer existing) {
    return register(name, existing);
  }

  private Buffer register(String name, Buffer buffer) {
    requireFree(name);
    buffers.put(name, buffer);
    return buffer;
  }

  /**
   * Registers a place for another module.
   *
   * @param name its name in this module, without dots
   * @param module the module in this place
   * @return the place; call {@code forward} on it
   * @throws IllegalArgumentException if the name is taken or not a name
   */
  protected final Submodule submodule(String name, Module module) {
    requireFree(name);
    Submodule place = new Submodule(name, module);
    submodules.put(name, place);
    return place;
  }

  /**
   * Registers a named activation.
   *
   * @param name its name in this module, without dots
   * @return the tap; pass the activation through its {@code of}
   * @throws IllegalArgumentException if the name is taken by another tap or not a name
   */
  protected final Tap tap(String name) {
    requireName(name);
    Tap tap = new Tap();
    if (taps.putIfAbsent(name, tap) != null) {
      throw new IllegalArgumentException("the tap '" + name + "' exists already");
    }
    return tap;
  }

  private static void requireName(String name) {
    if (name.isEmpty() || name.contains(".")) {
      throw new IllegalArgumentException(
          "'" + name + "' is not a name: it must not be empty or contain a dot");
    }
  }

  private void requireFree(String name) {
    requireName(name);
    if (name.equals("parametrizations")
        || parameters.containsKey(name)
        || buffers.containsKey(name)
        || submodules.containsKey(name)) {
      throw new IllegalArgumentException(
          "the name '" + name + "' is taken in " + getClass().getSimpleName());
    }
  }

  /**
   * The modules registered directly in this one, by name.
   *
   * @return a new map in the order of registration
   */
  public final Map<String, Module> children() {
    Map<String, Module> children = new LinkedHashMap<>();
    submodules.forEach((name, place) -> children.put(name, place.get()));
    return children;
  }

  /**
   * This module (as {@code ""}) and all below it, by dotted path, each before its children.
   *
   * @return a new map in the order of registration
   */
  public final Map<String, Module> namedModules() {
    Map<String, Module> all = new LinkedHashMap<>();
    ModuleTree.visitPlaces("", this, all::put);
    return all;
  }

  /**
   * The parameters registered directly in this module, by their plain names.
   *
   * @return an unmodifiable view in the order of registration
   */
  public final Map<String, Parameter> ownParameters() {
    return Collections.unmodifiableMap(parameters);
  }

  /**
   * All parameters below this module, those of parametrizations included, by their names in the
   * state dict. A parameter that is reached twice (tied weights) is listed once, under its first
   * name.
   *
   * @return a new map in the state dict's order
   */
  public final Map<String, Parameter> namedParameters() {
    Map<String, Parameter> named = new LinkedHashMap<>();
    Set<Parameter> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    ModuleTree.visitParts(
        "",
        this,
        (name, parameter) -> {
          if (seen.add(parameter)) {
            named.put(name, parameter);
          }
        },
        (name, buffer) -> {});
    return named;
  }

  /**
   * The parameters of this module and all below it by their plain names, which they have in the
   * state dict of a model without parametrizations, such as {@code blocks.0.attn.qkv.weight}. What
   * parametrizations learn is not among them. A parameter that is reached twice (tied weights) is
   * listed once, under its first name.
   *
   * @return a new map in the order of registration
   */
  public final Map<String, Parameter> plainlyNamedParameters() {
    Map<String, Parameter> named = new LinkedHashMap<>();
    Set<Parameter> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    ModuleTree.visitPlaces(
        "",
        this,
        (path, module) ->
            module.parameters.forEach(
                (name, parameter) -> {
                  if (seen.add(parameter)) {
                    named.put(ModuleTree.join(path, name), parameter);
                  }
                }));
    return named;
  }

  /**
   * All buffers below this module, those that are not saved included.
   *
   * @return a new map in the state dict's order
   */
  public final Map<String, Buffer> namedBuffers() {
    Map<String, Buffer> named = new LinkedHashMap<>();
    ModuleTree.visitParts("", this, (name, parameter) -> {}, named::put);
    return named;
  }

  /**
   * All taps below this module, by dotted path.
   *
   * @return a new map in the order of registration
   */
  public final Map<String, Tap> namedTaps() {
    Map<String, Tap> named = new LinkedHashMap<>();
    ModuleTree.visitPlaces(
        "",
        this,
        (path, module) ->
            module.taps.forEach((name, tap) -> named.put(ModuleTree.join(path, name), tap)));
    return named;
  }

  /**
   * One tap by its dotted path.
   *
   * @param path such as {@code blocks.0.attn.output}
   * @return the tap
   * @throws IllegalArgumentException if there is none; the message names the nearest
   */
  public final Tap getTap(String path) {
    return find(namedTaps(), path, "tap");
  }

  /**
   * One module by its dotted path.
   *
   * @param path such as {@code blocks.0.attn}; empty for this module
   * @return the module
   * @throws IllegalArgumentException if there is none; the message names the nearest
   */
  public final Module getSubmodule(String path) {
    return find(namedModules(), path, "module");
  }

  private <T> T find(Map<String, T> named, String path, String kind) {
    T found = named.get(path);
    if (found == null) {
      named.remove("");
      throw new IllegalArgumentException(
          getClass().getSimpleName()
              + " has no "
              + kind
              + " '"
              + path
              + "'"
              + Suggestion.clause(path, named.keySet()));
    }
    return found;
  }

  /**
   * Puts another module in a place. The owner uses it from the next forward pass on. It takes over
   * the training mode of the module it replaces.
   *
   * @param path the place's dotted path, not empty
   * @param replacement the module to put there
   * @throws IllegalArgumentException if there is no such place; the message names the nearest
   */
  public final void setSubmodule(String path, Module replacement) {
    int dot = path.lastIndexOf('.');
    Module owner = getSubmodule(dot < 0 ? "" : path.substring(0, dot));
    Submodule place =
        find(new LinkedHashMap<>(owner.submodules), path.substring(dot + 1), "submodule");
    replacement.train(place.get().isTraining());
    place.set(replacement);
  }

  /**
   * All tensors that make this module, by PyTorch's names: parameters and saved buffers. They are
   * the live tensors, not copies.
   *
   * @return a new map in PyTorch's order
   */
  public final Map<String, Tensor> stateDict() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    ModuleTree.visitParts(
        "",
        this,
        (name, parameter) -> state.put(name, parameter.tensor()),
        (name, buffer) -> {
          if (buffer.isPersistent()) {
            state.put(name, buffer.tensor());
          }
        });
    return state;
  }

  /**
   * Copies a state dict into this module. Element types are converted, shapes are not.
   *
   * @param state tensors by PyTorch's names
   * @throws StateDictException if names are missing, unexpected or wrongly shaped; the message
   *     lists them with a suggestion, and the module is unchanged
   */
  public final void loadStateDict(Map<String, Tensor> state) {
    StateDictLoading.into(this, state);
  }

  /**
   * Copies a state dict that another program made into this module, and says what was done to it:
   * prefixes of wrappers and older names are changed, buffers that are computed left out, missing
   * counters of batch normalization set to 0, position tables of another image size resized, the
   * first convolution fitted to other channels, element types converted. Where the number of
   * classes differs, or there is no head, the body is loaded and the {@link #classifierHeads} keep
   * the weights that they have. {@link #loadStateDict} does none of it.
   *
   * @param state tensors by the names of PyTorch, timm or torchvision
   * @return what was done
   * @throws StateDictException if names are missing, unexpected or wrongly shaped all the same; the
   *     message lists them with those that may be meant, and the module is unchanged
   */
  public final StateDictReport loadAdapted(Map<String, Tensor> state) {
    return StateDictAdaptation.load(this, state);
  }

  /**
   * The layers that give one output for each class.
   *
   * @return their paths: the last {@link Linear}, unless a subclass says otherwise
   */
  public List<String> classifierHeads() {
    List<String> linear = new ArrayList<>();
    namedModules()
        .forEach(
            (path, module) -> {
              if (module instanceof Linear && !path.isEmpty()) {
                linear.add(path);
              }
            });
    return linear.isEmpty() ? List.of() : List.of(linear.get(linear.size() - 1));
  }

  /**
   * Brings what another program saved into this module's names and shapes. Called before those of
   * modules inside it; does nothing unless a subclass needs it.
   *
   * @param path where this module is in the one that is loaded, empty for itself
   * @param state the whole state dict, to be changed
   */
  protected void adaptState(String path, ForeignState state) {}

  /** The buffers registered directly in this module. */
  final Map<String, Buffer> ownBuffers() {
    return buffers;
  }

  /** The places registered directly in this module. */
  final Map<String, Submodule> ownSubmodules() {
    return submodules;
  }

  /**
   * Gives tensors whose sizes the first input decides the sizes that they have in a state dict with
   * the right names. Called before shapes are compared; does nothing unless a subclass needs it.
   *
   * @param path where this module is in the one that is loaded, empty for itself
   * @param state the whole state dict
   */
  protected void fitState(String path, Map<String, Tensor> state) {}

  /**
   * Refuses a state dict that has the right names and shapes but was made by a module that works
   * otherwise. Called before any tensor is copied; does nothing unless a subclass needs it.
   *
   * @param path where this module is in the one that is loaded, empty for itself
   * @param state the whole state dict
   * @throws IllegalArgumentException if the state does not fit this module
   */
  protected void checkState(String path, Map<String, Tensor> state) {}

  /**
   * Sets training or evaluation mode here and below: dropout, batch statistics, fake quantization.
   *
   * @param mode true for training
   */
  public final void train(boolean mode) {
    training = mode;
    parameters.values().forEach(parameter -> parameter.train(mode));
    submodules.values().forEach(place -> place.get().train(mode));
  }

  /** Sets training mode here and below. */
  public final void train() {
    train(true);
  }

  /** Sets evaluation mode here and below. */
  public final void eval() {
    train(false);
  }

  /**
   * Whether this module is in training mode.
   *
   * @return true after construction
   */
  public final boolean isTraining() {
    return training;
  }

  /**
   * Moves all parameters and buffers to a device. Gradients are dropped.
   *
   * @param device where to
   */
  public final void to(Device device) {
    Scope.withoutGradient(() -> replaceData(t -> t.to(device.torch(), t.scalar_type())));
  }

  /**
   * Converts all floating-point parameters and buffers to another type. Gradients are dropped.
   *
   * @param type such as {@code ScalarType.Double}
   */
  public final void to(ScalarType type) {
    Scope.withoutGradient(() -> replaceData(t -> t.is_floating_point() ? t.to(type) : t));
  }

  private void replaceData(UnaryOperator<Tensor> change) {
    List<Tensor> all = new ArrayList<>();
    namedParameters().values().forEach(p -> all.add(p.tensor()));
    namedBuffers().values().forEach(b -> all.add(b.tensor()));
    for (Tensor tensor : all) {
      tensor.mutable_grad().reset();
      tensor.set_data(change.apply(tensor));
    }
  }

  /**
   * What this module is, for error messages.
   *
   * @return the simple name of the class, unless a subclass says more
   */
  @Override
  public String toString() {
    return getClass().getSimpleName();
  }
}
