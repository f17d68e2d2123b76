package io.github.steelyard.incremental;

import io.github.steelyard.incremental.Strategy.Correction;
import io.github.steelyard.incremental.Strategy.Objective;
import io.github.steelyard.incremental.Strategy.ReadOut;
import io.github.steelyard.incremental.Strategy.Samples;
import java.util.List;

/** Brings the published strategies. */
public final class OwnStrategies implements StrategyProvider {
  private static final String BASELINE = "baseline";

  private static final List<Strategy> TABLE =
      List.of(
          new Strategy(
              "finetune",
              "trains on the new classes only and forgets the old ones: the lower bound",
              BASELINE,
              Samples.NEW,
              Objective.CROSS_ENTROPY,
              false,
              Correction.NONE,
              ReadOut.SOFTMAX),
          new Strategy(
              "replay",
              "fine-tuning on the new classes and exemplars of the old ones",
              BASELINE,
              Samples.NEW_AND_EXEMPLARS,
              Objective.CROSS_ENTROPY,
              false,
              Correction.NONE,
              ReadOut.SOFTMAX),
          new Strategy(
              "lwf",
              "distillation on new classes and exemplars without a correction (KD only)",
              "Li and Hoiem, Learning without Forgetting, ECCV 2016; with exemplars",
              Samples.NEW_AND_EXEMPLARS,
              Objective.DISTILLATION,
              false,
              Correction.NONE,
              ReadOut.SOFTMAX),
          new Strategy(
              "wa",
              "distillation, then weight aligning: new rows get the mean norm of the old ones",
              "Zhao, Xiao, Gan, Zhang and Xia, Maintaining Discrimination and Fairness in Class"
                  + " Incremental Learning, CVPR 2020",
              Samples.NEW_AND_EXEMPLARS,
              Objective.DISTILLATION,
              true,
              Correction.WEIGHT_ALIGNING,
              ReadOut.SOFTMAX),
          new Strategy(
              "icarl",
              "binary distillation, answers by the nearest mean of exemplars",
              "Rebuffi, Kolesnikov, Sperl and Lampert, iCaRL: Incremental Classifier and"
                  + " Representation Learning, CVPR 2017",
              Samples.NEW_AND_EXEMPLARS,
              Objective.SIGMOID_DISTILLATION,
              false,
              Correction.NONE,
              ReadOut.NEAREST_MEAN),
          new Strategy(
              "bic",
              "distillation, then a bias correction of two parameters fitted on held-out samples",
              "Wu, Chen, Wang, Ye, Liu, Guo and Fu, Large Scale Incremental Learning, CVPR 2019",
              Samples.NEW_AND_EXEMPLARS,
              Objective.DISTILLATION,
              false,
              Correction.BIAS_CORRECTION,
              ReadOut.SOFTMAX),
          new Strategy(
              "joint",
              "a new model on all data of all classes so far: the upper bound",
              BASELINE,
              Samples.ALL,
              Objective.CROSS_ENTROPY,
              false,
              Correction.NONE,
              ReadOut.SOFTMAX));

  /** Called by {@link java.util.ServiceLoader}. */
  public OwnStrategies() {}

  @Override
  public List<Strategy> strategies() {
    return TABLE;
  }
}
