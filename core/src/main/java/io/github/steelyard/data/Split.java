package io.github.steelyard.data;

/** The parts into which published data sets are divided. */
public enum Split {
  /** What the model learns from. */
  TRAIN,
  /** What it is measured on. */
  TEST
}
