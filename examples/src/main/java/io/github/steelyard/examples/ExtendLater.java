package io.github.steelyard.examples;

import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.data.Split;
import io.github.steelyard.incremental.ClassifierFile;
import io.github.steelyard.incremental.Evaluation;
import io.github.steelyard.incremental.IncrementalConfiguration;
import io.github.steelyard.incremental.IncrementalLearner;
import io.github.steelyard.incremental.MemoryConfiguration;
import io.github.steelyard.incremental.Restrictions;
import io.github.steelyard.incremental.Strategies;
import io.github.steelyard.incremental.StreamData;
import io.github.steelyard.optim.AdamW;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.train.TrainingConfiguration;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A class is added to what {@link FineTune} wrote, in production: if the classes known before
 * suffer too much, the files stay as they were. {@code ExtendLater FOLDER PICTURES CLASS EPOCHS
 * MOST_LOST}
 */
public final class ExtendLater {
  private ExtendLater() {}

  /**
   * Teaches the class and measures.
   *
   * @param arguments the folder of the two files, a folder of class folders with the classes known
   *     and the new one, the new one's name, epochs, and how much accuracy the classes known may
   *     lose, such as 0.05
   * @throws IOException if files cannot be read or written
   */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    Path pictures = Path.of(arguments[1]);
    double mostLost = Double.parseDouble(arguments[4]);
    Path file = folder.resolve(FineTune.CLASSIFIER);
    StreamData data =
        new StreamData(
            FineTune.open(pictures, Split.TRAIN),
            FineTune.open(pictures, Split.TEST),
            FineTune.INPUT.measuring(),
            FineTune.INPUT.measuring(),
            LoaderConfiguration.training(16, 0));
    IncrementalLearner learner =
        new IncrementalLearner(
            IncrementalConfiguration.of(
                Strategies.get("wa").withRestriction(Restrictions.NONE),
                MemoryConfiguration.perClass(20),
                TrainingConfiguration.ofEpochs(Integer.parseInt(arguments[3]))),
            FineTune::network,
            model -> new AdamW(ParameterGroup.of(model, 1e-3, 0.05)));

    double before =
        learner
            .adopt(
                data,
                ClassifierFile.classes(file).classes(),
                ClassifierFile.load(file, FineTune::network))
            .evaluation()
            .accuracy();
    Evaluation after = learner.learn(data, List.of(arguments[2])).orElseThrow().evaluation();
    System.out.printf(
        "classes known: %.1f %% before, %.1f %% now; %s: %.1f %%%n",
        100 * before, 100 * after.oldAccuracy(), arguments[2], 100 * after.newAccuracy());
    if (before - after.oldAccuracy() > mostLost) {
      System.out.println("too much is lost: the files stay as they were");
      return;
    }
    FineTune.save(folder, learner.model(), learner.classes());
    System.out.println("learned: the files are replaced");
  }
}
