/** Models as ONNX files, which ONNX Runtime and other programs run without Java or libtorch. */
package io.github.steelyard.io.onnx;
