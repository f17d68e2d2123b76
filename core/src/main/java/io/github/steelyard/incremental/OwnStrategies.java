package io.github.steelyard.incremental;

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
              TrainingSamples.NEW,
              Objectives.CROSS_ENTROPY,
              Restrictions.NONE,
              Corrections.NONE,
              ReadOuts.SOFTMAX),
          new Strategy(
              "replay",
              "fine-tuning on the new classes and exemplars of the old ones",
              BASELINE,
              TrainingSamples.NEW_AND_EXEMPLARS,
              Objectives.CROSS_ENTROPY,
              Restrictions.NONE,
              Corrections.NONE,
              ReadOuts.SOFTMAX),
          new Strategy(
              "lwf",
              "distillation on new classes and exemplars without a correction (KD only)",
              "Li and Hoiem, Learning without Forgetting, ECCV 2016; with exemplars",
              TrainingSamples.NEW_AND_EXEMPLARS,
              Objectives.DISTILLATION,
              Restrictions.NONE,
              Corrections.NONE,
              ReadOuts.SOFTMAX),
          new Strategy(
              "wa",
              "distillation, then weight aligning: new rows get the mean norm of the old ones",
              "Zhao, Xiao, Gan, Zhang and Xia, Maintaining Discrimination and Fairness in Class"
                  + " Incremental Learning, CVPR 2020",
              TrainingSamples.NEW_AND_EXEMPLARS,
              Objectives.DISTILLATION,
              Restrictions.NON_NEGATIVE,
              Corrections.WEIGHT_ALIGNING,
              ReadOuts.SOFTMAX),
          new Strategy(
              "icarl",
              "binary distillation, answers by the nearest mean of exemplars",
              "Rebuffi, Kolesnikov, Sperl and Lampert, iCaRL: Incremental Classifier and"
                  + " Representation Learning, CVPR 2017",
              TrainingSamples.NEW_AND_EXEMPLARS,
              Objectives.SIGMOID_DISTILLATION,
              Restrictions.NONE,
              Corrections.NONE,
              ReadOuts.NEAREST_MEAN),
          new Strategy(
              "bic",
              "distillation, then a bias correction of two parameters fitted on held-out samples",
              "Wu, Chen, Wang, Ye, Liu, Guo and Fu, Large Scale Incremental Learning, CVPR 2019",
              TrainingSamples.NEW_AND_EXEMPLARS,
              Objectives.DISTILLATION,
              Restrictions.NONE,
              Corrections.BIAS_CORRECTION,
              ReadOuts.SOFTMAX),
          new Strategy(
              "joint",
              "a new model on all data of all classes so far: the upper bound",
              BASELINE,
              TrainingSamples.ALL,
              Objectives.CROSS_ENTROPY,
              Restrictions.NONE,
              Corrections.NONE,
              ReadOuts.SOFTMAX));

  /** Called by {@link java.util.ServiceLoader}. */
  public OwnStrategies() {}

  @Override
  public List<Strategy> strategies() {
    return TABLE;
  }
}
