package io.github.steelyard.composition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.compander.CompandWeights;
import io.github.steelyard.compander.CompanderConfiguration;
import io.github.steelyard.compander.Companding;
import io.github.steelyard.compander.MaterializeCompander;
import io.github.steelyard.compander.WeightCompander;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.optim.AdamP;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.Projection;
import io.github.steelyard.optim.SGDP;
import io.github.steelyard.quant.ConfidenceGuidedAnnealing;
import io.github.steelyard.quant.ConfidenceGuidedAnnealingConfiguration;
import io.github.steelyard.quant.ConvertQuantization;
import io.github.steelyard.quant.LayerBits;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.quant.QuantizedWeight;
import io.github.steelyard.robust.AdversarialConfiguration;
import io.github.steelyard.robust.AdversarialLoss;
import io.github.steelyard.robust.GradualPruning;
import io.github.steelyard.robust.InputDomain;
import io.github.steelyard.robust.LogDeterminantPenalty;
import io.github.steelyard.robust.MagnitudePruning;
import io.github.steelyard.robust.PruningConfiguration;
import io.github.steelyard.robust.PruningMask;
import io.github.steelyard.robust.PruningSchedule;
import io.github.steelyard.robust.TransformedL1Penalty;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.Loss;
import io.github.steelyard.train.Trainer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * What one method brings to a training. The order of the constants is the order in which the
 * methods are put on a weight: compand, then mask, then quantize.
 */
enum Part {
  ADAMP {
    @Override
    Optional<Optimizer> optimizer(Module model) {
      return Optional.of(
          Optimizers.create("adamp", ParameterGroup.of(model, 0.01, 0.01), Map.of()));
    }

    @Override
    void requireActed(Module model, Optimizer optimizer) {
      requireProjected(((AdamP) optimizer).projections());
    }
  },
  SGDP {
    @Override
    Optional<Optimizer> optimizer(Module model) {
      return Optional.of(
          Optimizers.create("sgdp", ParameterGroup.of(model, 0.02, 0.01), Map.of("momentum", 0.9)));
    }

    @Override
    void requireActed(Module model, Optimizer optimizer) {
      requireProjected(((SGDP) optimizer).projections());
    }
  },
  FIXED_COMPANDER {
    @Override
    Module prepare(Module model, Network network) {
      return new CompandWeights(CompanderConfiguration.of(COMPANDING)).apply(model);
    }

    @Override
    void requireActed(Module model, Optimizer optimizer) {
      assertThat(WeightCompander.of(model).values())
          .isNotEmpty()
          .allMatch(compander -> compander.a() == COMPANDING.a());
    }

    @Override
    Module finish(Module model) {
      return new MaterializeCompander().apply(model);
    }
  },
  LEARNED_COMPANDER {
    @Override
    Module prepare(Module model, Network network) {
      return new CompandWeights(CompanderConfiguration.of(COMPANDING.withLearned(true)))
          .apply(model);
    }

    @Override
    void requireActed(Module model, Optimizer optimizer) {
      assertThat(WeightCompander.of(model).values())
          .isNotEmpty()
          .allMatch(compander -> compander.a() != COMPANDING.a());
    }

    @Override
    Module finish(Module model) {
      return new MaterializeCompander().apply(model);
    }
  },
  /** Adversarial training, penalties and masks; the last layer is not pruned. */
  TSCNC {
    @Override
    Module prepare(Module model, Network network) {
      return new MagnitudePruning(pruning(network)).prepare(model);
    }

    @Override
    Optional<Loss> loss() {
      AdversarialConfiguration attack =
          new AdversarialConfiguration(AdversarialConfiguration.Kind.PGD, 0.1, 0.05, 2, 6);
      return Optional.of(new AdversarialLoss(attack, InputDomain.plain(-3, 3), new CrossEntropy()));
    }

    @Override
    void add(Trainer trainer, Network network) {
      trainer
          .penalty("transformed_l1", TransformedL1Penalty.of(1e-4))
          .penalty("log_condition", LogDeterminantPenalty.of(1e-3))
          .callback("pruning", new GradualPruning(pruning(network), new PruningSchedule(1, 4, 1)));
    }

    @Override
    void requireActed(Module model, Optimizer optimizer) {
      Map<String, Parameter> weights = LayerWeights.of(model);
      List<Double> kept =
          weights.values().stream()
              .flatMap(weight -> weight.parametrizations().stream())
              .filter(PruningMask.class::isInstance)
              .map(map -> (PruningMask) map)
              .map(mask -> mask.kept() / (double) mask.mask().tensor().numel())
              .toList();
      assertThat(kept)
          .hasSize(weights.size() - 1)
          .allSatisfy(share -> assertThat(share).isCloseTo(0.5, within(0.05)));
    }

    @Override
    Module finish(Module model) {
      for (Parameter weight : LayerWeights.of(model).values()) {
        int end = 0;
        for (int i = 0; i < weight.parametrizations().size(); i++) {
          end = weight.parametrizations().get(i) instanceof PruningMask ? i + 1 : end;
        }
        weight.materialize(end);
      }
      return model;
    }
  },
  /** Weights of 3 bits, annealed in the last epoch. */
  LSQ {
    @Override
    Optional<QuantizationConfiguration> quantization() {
      return Optional.of(
          new QuantizationConfiguration(
              new LayerBits(3, LayerBits.FLOAT),
              "lsq",
              false,
              new LayerBits(8, LayerBits.FLOAT),
              List.of()));
    }
  },
  /** Weights of 3 bits and activations of 8, annealed in the last epoch. */
  STATSQ {
    @Override
    Optional<QuantizationConfiguration> quantization() {
      return Optional.of(QuantizationConfiguration.of(3, 8).withQueryKeyReparameterization(false));
    }
  },
  /** The same with query-key reparameterization. */
  QKR {
    @Override
    Optional<QuantizationConfiguration> quantization() {
      return Optional.of(QuantizationConfiguration.of(3, 8));
    }
  };

  private static final Companding COMPANDING = Companding.absolute(2, 1);

  static PruningConfiguration pruning(Network network) {
    return new PruningConfiguration(
        0.5, PruningConfiguration.Ranking.LAYER, List.of("*"), List.of(network.head()));
  }

  private static void requireProjected(Map<String, Projection> projections) {
    assertThat(projections.values()).contains(Projection.NEVER);
  }

  /** Puts the method on the weights. */
  Module prepare(Module model, Network network) {
    return quantization()
        .map(own -> new PrepareQuantization(own, Network.batch(9, 9).inputs()).apply(model))
        .orElse(model);
  }

  Optional<Optimizer> optimizer(Module model) {
    return Optional.empty();
  }

  Optional<Loss> loss() {
    return Optional.empty();
  }

  Optional<QuantizationConfiguration> quantization() {
    return Optional.empty();
  }

  /** Adds penalties and callbacks. */
  void add(Trainer trainer, Network network) {
    if (quantization().isPresent()) {
      trainer.callback(
          "annealing",
          new ConfidenceGuidedAnnealing(new ConfidenceGuidedAnnealingConfiguration(1, 0.2, "*")));
    }
  }

  /** Whether a trained model shows what the method did. */
  void requireActed(Module model, Optimizer optimizer) {
    Map<String, QuantizedWeight> weights = QuantizedWeight.of(model);
    assertThat(weights).isNotEmpty();
    weights.forEach(
        (name, weight) -> {
          Tensor integers = Scope.computeWithoutGradient(() -> weight.quantize().integers());
          assertThat(integers.max().item_int())
              .as(name)
              .isGreaterThan(0)
              .isLessThanOrEqualTo(weight.quantizer().highest());
        });
  }

  /** Takes the method off again; the model computes the same. */
  Module finish(Module model) {
    return quantization().isPresent() ? new ConvertQuantization().apply(model) : model;
  }
}
