package io.github.steelyard.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every deterministic image operation against Pillow's and torchvision's own pixels. */
class PillowTest {
  private static final Map<String, Image> IMAGES =
      ReferenceImages.read("augmentations.safetensors");

  static Stream<String> cases() {
    return IMAGES.keySet().stream().filter(name -> !name.startsWith("input."));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void givenAnImage_whenAnOperationIsApplied_thenItsPixelsArePillows(String name) {
    String[] parts = name.split("\\.", 3);
    Image input = IMAGES.get("input." + parts[0]);
    Image actual = apply(input, parts[1], parts.length > 2 ? parts[2] : "");
    Image expected = IMAGES.get(name);
    assertThat(actual.shape()).isEqualTo(expected.shape());
    assertThat(actual.pixels()).isEqualTo(expected.pixels());
  }

  private static Image apply(Image image, String operation, String argument) {
    return switch (operation) {
      case "autocontrast" -> ColorOperation.autocontrast(image);
      case "equalize" -> ColorOperation.equalize(image);
      case "invert" -> ColorOperation.invert(image);
      case "color" -> ColorOperation.color(image, Double.parseDouble(argument));
      case "contrast" -> ColorOperation.contrast(image, Double.parseDouble(argument));
      case "brightness" -> ColorOperation.brightness(image, Double.parseDouble(argument));
      case "sharpness" -> ColorOperation.sharpness(image, Double.parseDouble(argument));
      case "posterize" -> ColorOperation.posterize(image, Integer.parseInt(argument));
      case "solarize" -> ColorOperation.solarize(image, Integer.parseInt(argument));
      case "solarize_add" -> ColorOperation.solarizeAdd(image, Integer.parseInt(argument));
      case "shorter_side" ->
          new Resize(Integer.parseInt(argument), Interpolation.BILINEAR)
              .apply(image, new SplittableRandom(0));
      case "center_crop" ->
          new CenterCrop(sizes(argument)[0], sizes(argument)[1])
              .apply(image, new SplittableRandom(0));
      default -> interpolated(image, operation, argument);
    };
  }

  private static int[] sizes(String argument) {
    return Stream.of(argument.split("x")).mapToInt(Integer::parseInt).toArray();
  }

  private static Image interpolated(Image image, String operation, String argument) {
    int dot = argument.indexOf('.');
    Interpolation interpolation =
        Interpolation.valueOf(argument.substring(0, dot).toUpperCase(Locale.ROOT));
    String rest = argument.substring(dot + 1);
    if (operation.equals("resize")) {
      return Resampling.resize(image, sizes(rest)[0], sizes(rest)[1], interpolation);
    }
    double value = Double.parseDouble(rest);
    AffineTransform transform =
        switch (operation) {
          case "rotate" -> AffineTransform.rotation(value, image.shape());
          case "shear_x" -> new AffineTransform(1, value, 0, 0, 1, 0);
          case "shear_y" -> new AffineTransform(1, 0, 0, value, 1, 0);
          case "translate_x" -> new AffineTransform(1, 0, value * image.width(), 0, 1, 0);
          case "translate_y" -> new AffineTransform(1, 0, 0, 0, 1, value * image.height());
          default -> throw new IllegalArgumentException(operation);
        };
    return transform.apply(image, List.of(11, 122, 233), interpolation);
  }
}
