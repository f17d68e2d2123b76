package io.github.steelyard.data;

import java.util.List;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;

/**
 * Hears of missing or undecodable image data, which the JPEG decoder only warns about. Other
 * warnings, such as odd metadata or stray bytes between segments, do not change pixels.
 */
final class DamageListener implements IIOReadWarningListener {
  private static final List<String> SERIOUS =
      List.of("Truncated File", "remature end", "bad Huffman code");

  private String found;

  /** The first serious warning, or null. */
  String found() {
    return found;
  }

  @Override
  public void warningOccurred(ImageReader source, String warning) {
    if (found == null && SERIOUS.stream().anyMatch(warning::contains)) {
      found = warning;
    }
  }
}
