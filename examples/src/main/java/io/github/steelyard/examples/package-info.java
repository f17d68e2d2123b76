/** Programs to begin with: each is read from top to bottom, copied and changed. */
package io.github.steelyard.examples;
