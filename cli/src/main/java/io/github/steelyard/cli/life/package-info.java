/** A network's whole life: runs one after another. */
package io.github.steelyard.cli.life;
