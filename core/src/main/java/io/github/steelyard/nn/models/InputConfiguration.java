package io.github.steelyard.nn.models;

import java.util.List;

/**
 * How a picture becomes the input of a network when it is measured, in timm's words: the shorter
 * side is resized to {@code floor(size / cropPct)}, the middle square of {@code size} is cut out,
 * and values scaled to 0..1 are normalized per channel.
 *
 * @param size height and width of the input, in pixels
 * @param cropPct which part of the resized shorter side is cut out, above 0 and at most 1
 * @param interpolation {@code bilinear} or {@code bicubic}, antialiased as PIL's
 * @param mean per channel
 * @param std standard deviation per channel
 */
public record InputConfiguration(
    int size, double cropPct, String interpolation, List<Double> mean, List<Double> std) {
  private static final List<Double> IMAGENET_MEAN = List.of(0.485, 0.456, 0.406);
  private static final List<Double> IMAGENET_STD = List.of(0.229, 0.224, 0.225);

  /**
   * Checks the values.
   *
   * @param size at least 1
   * @param cropPct above 0 and at most 1
   * @param interpolation bilinear or bicubic
   * @param mean per channel
   * @param std per channel, as many
   * @throws IllegalArgumentException if a value is out of range
   */
  public InputConfiguration {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    if (size < 1) {
      throw new IllegalArgumentException("size must be at least 1, but is " + size);
    }
    if (!(cropPct > 0 && cropPct <= 1)) {
      throw new IllegalArgumentException(
          "cropPct must be above 0 and at most 1, but is " + cropPct);
    }
    if (!interpolation.equals("bilinear") && !interpolation.equals("bicubic")) {
      throw new IllegalArgumentException(
          "interpolation must be bilinear or bicubic, but is " + interpolation);
    }
    if (mean.size() != std.size()) {
      throw new IllegalArgumentException(
          "mean and std must be equally many, but are " + mean.size() + " and " + std.size());
    }
  }

  /** That of ImageNet's models with 224 x 224 inputs. */
  static InputConfiguration imagenet(double cropPct, String interpolation) {
    return new InputConfiguration(224, cropPct, interpolation, IMAGENET_MEAN, IMAGENET_STD);
  }

  /**
   * The length of the shorter side before the middle is cut out, as timm computes it.
   *
   * @return in pixels
   */
  public int resize() {
    return (int) Math.floor(size / cropPct);
  }

  /**
   * How the published weights of a network were measured: timm 1.0.31's {@code pretrained_cfg} of
   * its default weights, but torchvision's ({@code tv_in1k}) for the plain ResNets and VGG.
   *
   * @param name a model's name
   * @return null for a network that has no published ImageNet weights under its name
   */
  static InputConfiguration ofPretrained(String name) {
    return switch (name) {
      case "resnet18", "resnet34", "resnet50", "vgg16_bn" -> imagenet(0.875, "bilinear");
      case "mobilenetv2_100", "mobilenetv3_small_100", "efficientnet_b0", "convnext_tiny" ->
          imagenet(0.875, "bicubic");
      case "deit_tiny_patch16_224",
          "deit_small_patch16_224",
          "deit_tiny_distilled_patch16_224",
          "deit_small_distilled_patch16_224",
          "swin_tiny_patch4_window7_224",
          "swin_small_patch4_window7_224" ->
          imagenet(0.9, "bicubic");
      case "vit_small_patch16_224" -> {
        List<Double> half = List.of(0.5, 0.5, 0.5);
        yield new InputConfiguration(224, 0.9, "bicubic", half, half);
      }
      default -> null;
    };
  }
}
