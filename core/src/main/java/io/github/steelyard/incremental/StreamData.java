package io.github.steelyard.incremental;

import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.data.Preprocessing;

/**
 * The data that steps are cut from. A step takes the samples of its classes, by the classes' names;
 * the others are not touched, except that joint training takes all classes so far.
 *
 * @param training samples to learn from; must hold the new classes
 * @param test samples to measure on; must hold all classes that the model knows after the step. To
 *     extend a model by classes of another data set, merge both with {@link MergedDataset}
 * @param augmentation what happens to an image before it is trained on, exemplars included
 * @param preprocessing what happens to an image before it is measured, and before its features
 *     decide about exemplars and class means
 * @param loader batch size, order and workers of the training; its seed is not used
 */
public record StreamData(
    Dataset training,
    Dataset test,
    Preprocessing augmentation,
    Preprocessing preprocessing,
    LoaderConfiguration loader) {

  /** How images are read without augmentation: each once, in order. */
  LoaderConfiguration inOrder() {
    return LoaderConfiguration.evaluation(loader.batchSize()).withWorkers(loader.workers());
  }
}
