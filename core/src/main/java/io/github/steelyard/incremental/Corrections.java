package io.github.steelyard.incremental;

import io.github.steelyard.data.Dataset;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import java.util.Map;

/** The corrections of the published strategies. */
public enum Corrections implements Strategy.Correction {
  /** Nothing. */
  NONE("no correction") {
    @Override
    public Map<String, Double> apply(Outputs trained, StepContext step) {
      return Map.of();
    }
  },
  /** {@link WeightAligning}. */
  WEIGHT_ALIGNING("weight aligning") {
    @Override
    public Map<String, Double> apply(Outputs trained, StepContext step) {
      Module model = trained.model();
      WeightAligning aligning = new WeightAligning(trained.head(), step.oldClasses());
      double gamma = aligning.gamma(RowNorms.of(model, trained.head(), step.oldClasses()).norms());
      aligning.apply(model);
      if (step.configuration().headBias() == HeadBias.ALIGNED) {
        new BiasAligning(trained.head(), step.oldClasses()).apply(model);
      }
      return Map.of("gamma", gamma);
    }
  },
  /** {@link BiasCorrection} on held-out samples. */
  BIAS_CORRECTION("bias correction") {
    @Override
    public Map<String, Double> apply(Outputs trained, StepContext step) {
      Dataset heldOut = step.heldOut().orElseThrow();
      BiasCorrection fitted =
          Scope.compute(
              () ->
                  BiasCorrection.fit(
                      trained.head(),
                      step.oldClasses(),
                      trained.logits(heldOut),
                      Outputs.labels(heldOut)));
      fitted.apply(trained.model());
      return Map.of("alpha", fitted.alpha(), "beta", fitted.beta());
    }

    @Override
    public boolean holdsOut() {
      return true;
    }

    @Override
    public void check(ClassifierHead head) {
      BiasCorrection.requireBias(head);
    }
  };

  private final String words;

  Corrections(String words) {
    this.words = words;
  }

  @Override
  public String toString() {
    return words;
  }
}
