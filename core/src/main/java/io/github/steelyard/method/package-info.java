/** The register of the published methods that Steelyard implements. */
package io.github.steelyard.method;
