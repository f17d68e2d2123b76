/**
 * Class-incremental learning: classes arrive in steps, old data is gone except for a small memory,
 * and the classifier must not forget. {@link io.github.steelyard.incremental.WeightAligning} is the
 * method of the room; {@link io.github.steelyard.incremental.IncrementalLearner} runs it and the
 * usual baselines ({@link io.github.steelyard.incremental.Strategies}) through one code path.
 */
package io.github.steelyard.incremental;
