/** Asking a trained network about pictures. */
package io.github.steelyard.predict;
