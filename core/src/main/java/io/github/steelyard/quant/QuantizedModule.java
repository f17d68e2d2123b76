package io.github.steelyard.quant;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.export.Exportable;
import java.util.Optional;

/** What {@link QuantizedLinear} and {@link QuantizedConv2d} hold alike. */
abstract sealed class QuantizedModule extends Module implements QuantizedLayer, Exportable
    permits QuantizedLinear, QuantizedConv2d {
  private final LayerParts parts;
  private final Submodule inputQuantizer;
  private QuantizationConfiguration preparedBy;

  /** Registers the parts under their names. */
  QuantizedModule(LayerParts parts) {
    this.parts = parts;
    inputQuantizer = submodule("input_quantizer", parts.input());
    parts.latent().ifPresent(weight -> parameter("weight", weight));
    parts.packed().ifPresent(weight -> submodule("weight", weight));
    parts.bias().ifPresent(bias -> parameter("bias", bias));
  }

  /** How the model that the layer is in was prepared; empty for a layer made by hand. */
  final Optional<QuantizationConfiguration> preparedBy() {
    return Optional.ofNullable(preparedBy);
  }

  final void setPreparedBy(QuantizationConfiguration configuration) {
    preparedBy = configuration;
  }

  final LayerParts parts() {
    return parts;
  }

  /** Where the input's quantizer, or an identity, sits. */
  final Submodule input() {
    return inputQuantizer;
  }

  /** The parts with integers in the place of the latent weight. */
  final LayerParts converted() {
    return parts.converted(inputQuantizer.get());
  }

  @Override
  public final Optional<QuantizedWeight> quantizedWeight() {
    return parts.quantizedWeight();
  }

  @Override
  public final Optional<PackedWeight> packedWeight() {
    return parts.packed();
  }

  /**
   * What quantizes the input.
   *
   * @return the quantizer, or empty if the input is taken as it is
   */
  public final Optional<ActivationQuantizer> inputQuantizer() {
    return inputQuantizer.get() instanceof ActivationQuantizer quantizer
        ? Optional.of(quantizer)
        : Optional.empty();
  }

  /**
   * The bias.
   *
   * @return the parameter, [out], or empty
   */
  public final Optional<Parameter> bias() {
    return parts.bias();
  }
}
