package com.example.serving;

import io.github.steelyard.predict.Classifier;
import io.github.steelyard.predict.Prediction;
import java.io.IOException;
import java.nio.file.Path;

/** Asks a run, or a file that was exported, about a picture. */
public final class AskNetwork {
  private AskNetwork() {}

  public static String ask(Path network, Path picture) throws IOException {
    Classifier classifier = Classifier.open(network);
    Prediction best = classifier.predict(picture).get(0);
    return best.name() + " " + best.probability();
  }
}
