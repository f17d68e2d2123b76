package io.github.steelyard.data;

import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/** Images that bench/peers/image_samples.py made with Pillow, torchvision and timm. */
final class ReferenceImages {
  private ReferenceImages() {}

  static Path resource(String name) {
    try {
      return Path.of(ReferenceImages.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static Map<String, Image> read(String name) {
    Map<String, Image> images = new TreeMap<>();
    Scope.run(
        () -> {
          try (SafeTensorsFile file = SafeTensors.open(resource(name))) {
            file.readAll().forEach((key, tensor) -> images.put(key, image(tensor)));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    return images;
  }

  private static Image image(Tensor tensor) {
    byte[] pixels = new byte[(int) tensor.numel()];
    tensor.<ByteBuffer>createBuffer().get(pixels);
    return new Image(
        new ImageShape((int) tensor.size(0), (int) tensor.size(1), (int) tensor.size(2)), pixels);
  }
}
