/** Every pair of methods on one network. */
package io.github.steelyard.composition;
