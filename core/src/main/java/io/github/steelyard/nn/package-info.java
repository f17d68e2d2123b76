/** Networks: modules, parameters, the points where methods act on them, and layers. */
package io.github.steelyard.nn;
