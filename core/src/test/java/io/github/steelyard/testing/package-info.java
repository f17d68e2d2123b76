/** What tests of several rooms share. */
package io.github.steelyard.testing;
