package io.github.steelyard.incremental;

import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.Loss;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.Tensor;

/** The read-outs of the published strategies. */
public enum ReadOuts implements Strategy.ReadOut {
  /** The class with the largest logit. */
  SOFTMAX {
    @Override
    public Loss answers(Outputs trained, ClassMap classes, ExemplarMemory memory) {
      return new CrossEntropy();
    }
  },
  /** {@link NearestMeans} of exemplars. */
  NEAREST_MEAN {
    @Override
    public Loss answers(Outputs trained, ClassMap classes, ExemplarMemory memory) {
      if (memory.classes() < classes.size()) {
        throw new IllegalArgumentException(
            "the nearest mean needs exemplars of all "
                + classes.size()
                + " classes, but the memory holds those of "
                + memory.classes());
      }
      return Scope.compute(
          () -> {
            List<Tensor> features = new ArrayList<>();
            for (int row = 0; row < memory.classes(); row++) {
              ExemplarDataset own = new ExemplarDataset(classes.classes());
              own.add(row, memory.of(row));
              features.add(trained.features(own));
            }
            return new NearestMeans(trained.head(), features);
          });
    }

    @Override
    public boolean needsExemplars() {
      return true;
    }
  };

  @Override
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
