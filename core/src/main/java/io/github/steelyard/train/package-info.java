/** The training loop and what plugs into it: losses, penalties, callbacks, metrics, checkpoints. */
package io.github.steelyard.train;
