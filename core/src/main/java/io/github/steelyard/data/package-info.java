/** Data sets, their file formats, transforms and the loader. */
package io.github.steelyard.data;
