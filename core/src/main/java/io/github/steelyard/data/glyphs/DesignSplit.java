package io.github.steelyard.data.glyphs;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Chooses whole designs for the test so that every class comes near to the share asked for. */
final class DesignSplit {
  private final int classes;
  private final double share;

  DesignSplit(GlyphConfiguration configuration) {
    this.classes = configuration.characters().size();
    this.share = configuration.testShare();
  }

  /**
   * Goes through the designs in an order drawn from the seed and takes each that brings the test
   * nearer to its share, summed over the classes.
   */
  Set<List<Face>> test(List<List<Face>> designs, long seed) {
    int[] all = new int[classes];
    designs.forEach(design -> add(all, design));
    List<List<Face>> order = new ArrayList<>(designs);
    Collections.shuffle(order, new Random(seed));
    int[] taken = new int[classes];
    Set<List<Face>> test = new LinkedHashSet<>();
    for (List<Face> design : order) {
      int[] more = taken.clone();
      add(more, design);
      if (distance(more, all) < distance(taken, all)) {
        taken = more;
        test.add(design);
      }
    }
    return test;
  }

  private double distance(int[] taken, int[] all) {
    double sum = 0;
    for (int label = 0; label < classes; label++) {
      double difference = (double) taken[label] / Math.max(1, all[label]) - share;
      sum += difference * difference;
    }
    return sum;
  }

  private static void add(int[] counts, List<Face> design) {
    design.forEach(face -> face.images.keySet().forEach(label -> counts[label]++));
  }
}
