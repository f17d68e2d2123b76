package io.github.steelyard.incremental;

import io.github.steelyard.data.Dataset;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.State;
import java.util.Optional;

/**
 * What the parts of a {@link Strategy} see of one step.
 *
 * @param classes the classes after the step; the last layer's rows are in their order
 * @param oldClasses how many of the first rows belong to classes of earlier steps; 0 in the first
 * @param oldModel the model before the step, with as many outputs; empty in the first step and
 *     where each step begins anew
 * @param training the samples that the step is trained on, labelled with rows
 * @param heldOut samples that training does not see, for a {@link Strategy.Correction} that asks
 *     for them; else empty
 * @param kept what the strategy's objective {@linkplain Strategy.Objective#keep kept} of the step
 *     before; empty in the first
 * @param configuration how the learner learns
 */
public record StepContext(
    ClassMap classes,
    int oldClasses,
    Optional<Module> oldModel,
    Dataset training,
    Optional<Dataset> heldOut,
    State kept,
    IncrementalConfiguration configuration) {}
