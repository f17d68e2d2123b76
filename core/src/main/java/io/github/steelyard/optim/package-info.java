/** How weights move: optimizers, parameter groups and learning rate schedules. */
package io.github.steelyard.optim;
