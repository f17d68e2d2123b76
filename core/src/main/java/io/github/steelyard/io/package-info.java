/** Files that other tools read: safetensors, TensorBoard events. */
package io.github.steelyard.io;
