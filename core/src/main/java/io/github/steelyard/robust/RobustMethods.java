package io.github.steelyard.robust;

import io.github.steelyard.method.Method;
import io.github.steelyard.method.MethodProvider;
import java.util.List;

/** Registers the methods of this room. */
public final class RobustMethods implements MethodProvider {
  private static final String PAPER =
      "Feng, Lin, Gao and Wei, \"Lipschitz Constant Meets Condition Number: Learning Robust and"
          + " Compact Deep Neural Networks\", 2025";
  private static final String ARXIV = "2503.20454";
  private static final String SPARSE_TRAINING = "tscnc-fashion-mnist.yaml";
  private static final String RECIPE = "robust-pruning-fashion-mnist.yaml";

  /** Called by {@link java.util.ServiceLoader}. */
  public RobustMethods() {}

  @Override
  public List<Method> methods() {
    return List.of(
        new Method(
            "gates",
            "Gates on channels (the smoothing distribution of TSCNC)",
            "Louizos, Welling and Kingma, \"Learning Sparse Neural Networks through L0"
                + " Regularization\", ICLR 2018",
            "1712.01312",
            "Opens and closes channels by chance while the network is trained, so that it learns"
                + " which it can do without.",
            GatesConfiguration.class,
            SPARSE_TRAINING),
        new Method(
            "tsc",
            "Transformed sparse constraint (TSC)",
            PAPER,
            ARXIV,
            "Charges each gate what its channel is expected to cost, transformed so that cheap ones"
                + " close.",
            TransformedSparseConfiguration.class,
            SPARSE_TRAINING),
        new Method(
            "cnc",
            "Condition number constraint (CNC)",
            PAPER,
            ARXIV,
            "Holds the determinant of the last layer at 1, which fixes its scale and its"
                + " conditioning.",
            ConditionNumberConstraint.class,
            SPARSE_TRAINING),
        new Method(
            "score_pruning",
            "Pruning by learned scores",
            "Sehwag, Wang, Mittal and Jana, \"HYDRA: Pruning Adversarially Robust Neural Networks\","
                + " NeurIPS 2020",
            "2002.10509",
            "Learns which weights of a trained network stay, with the weights frozen.",
            ScorePruningConfiguration.class,
            "tscnc-scores-fashion-mnist.yaml"),
        new Method(
            "transformed_l1",
            "Transformed L1 of weights (a variant of our own of TSC)",
            PAPER,
            ARXIV,
            "Pulls weights towards zero by a smooth count of those that are not, so that fewer"
                + " matter when they are pruned.",
            TransformedL1Penalty.class,
            RECIPE),
        new Method(
            "log_condition",
            "Log-determinant penalty (a variant of our own of CNC)",
            PAPER,
            ARXIV,
            "Asks every layer to stretch all directions alike, so that pruning does not make the"
                + " network fragile.",
            LogDeterminantPenalty.class,
            RECIPE),
        new Method(
            "adversarial_training",
            "Adversarial training with PGD",
            "Madry, Makelov, Schmidt, Tsipras and Vladu, \"Towards Deep Learning Models Resistant to"
                + " Adversarial Attacks\", ICLR 2018",
            "1706.06083",
            "Trains the weights on samples that are attacked at every step.",
            AdversarialConfiguration.class,
            "robust-pgd.yaml"),
        new Method(
            "trades",
            "TRADES",
            "Zhang, Yu, Jiao, Xing, El Ghaoui and Jordan, \"Theoretically Principled Trade-off"
                + " between Robustness and Accuracy\", ICML 2019",
            "1901.08573",
            "Trains the weights on clean samples and asks for the same answer at attacked ones.",
            AdversarialConfiguration.class,
            "robust-trades.yaml"),
        new Method(
            "gradual_pruning",
            "Gradual magnitude pruning",
            "Zhu and Gupta, \"To prune, or not to prune: exploring the efficacy of pruning for model"
                + " compression\", 2017",
            "1710.01878",
            "Sets the smallest weights to zero along a cubic schedule, and trains the others on.",
            PruningConfiguration.class,
            "robust-pruning-magnitude.yaml"),
        new Method(
            "filter_pruning",
            "Filter pruning",
            "Li, Kadav, Durdanovic, Samet and Graf, \"Pruning Filters for Efficient ConvNets\", ICLR"
                + " 2017",
            "1608.08710",
            "Removes whole filters of small norm, so that the model becomes smaller and faster.",
            StructuredPruningConfiguration.class,
            "filter-pruning.yaml"));
  }
}
