package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Module;
import java.util.List;

/** Rows of the register: vision transformers, plain, distilled and with shifted windows. */
final class TransformerModels {
  private static final String VIT_PAPER =
      "Dosovitskiy et al., An Image is Worth 16x16 Words, ICLR 2021";
  private static final String DEIT_PAPER =
      "Touvron et al., Training data-efficient image transformers and distillation through"
          + " attention, ICML 2021";

  private static final String SWIN_PAPER =
      "Liu et al., Swin Transformer: Hierarchical Vision Transformer using Shifted Windows, ICCV"
          + " 2021";

  private TransformerModels() {}

  static List<ModelEntry> entries() {
    return List.of(
        new ModelEntry(
            "vit_mini_patch7_28",
            "Small vision transformer for 28x28 images: 16 patches, 6 blocks of dimension 64",
            VIT_PAPER,
            305_034,
            plain(10, 1, 28, 64, 6),
            options -> new VisionTransformer(transformer(options, 7, 4))),
        new ModelEntry(
            "vit_mini_patch4_32",
            "Small vision transformer for 32x32 images: 64 patches, 6 blocks of dimension 128",
            VIT_PAPER,
            1_205_898,
            plain(10, 3, 32, 128, 6),
            options -> new VisionTransformer(transformer(options, 4, 4))),
        new ModelEntry(
            "vit_small_patch16_224",
            "Vision transformer, 12 blocks of dimension 384, the size that DeiT-Small has too",
            VIT_PAPER,
            22_050_664,
            plain(1000, 3, 224, 384, 12),
            options -> new VisionTransformer(transformer(options, 16, 6))),
        new ModelEntry(
            "deit_tiny_patch16_224",
            "Vision transformer, 12 blocks of dimension 192",
            DEIT_PAPER,
            5_717_416,
            plain(1000, 3, 224, 192, 12),
            options -> new VisionTransformer(transformer(options, 16, 3))),
        new ModelEntry(
            "deit_small_patch16_224",
            "Vision transformer, 12 blocks of dimension 384",
            DEIT_PAPER,
            22_050_664,
            plain(1000, 3, 224, 384, 12),
            options -> new VisionTransformer(transformer(options, 16, 6))),
        new ModelEntry(
            "deit_tiny_distilled_patch16_224",
            "Vision transformer, 12 blocks of dimension 192, with a distillation token",
            DEIT_PAPER,
            5_910_800,
            plain(1000, 3, 224, 192, 12),
            options -> new DistilledVisionTransformer(transformer(options, 16, 3))),
        new ModelEntry(
            "deit_small_distilled_patch16_224",
            "Vision transformer, 12 blocks of dimension 384, with a distillation token",
            DEIT_PAPER,
            22_436_432,
            plain(1000, 3, 224, 384, 12),
            options -> new DistilledVisionTransformer(transformer(options, 16, 6))),
        new ModelEntry(
            "swin_mini_patch2_window7_28",
            "Small transformer with attention in shifted windows for 28x28 images, 4 blocks in two"
                + " stages of dimension 48 and 96",
            SWIN_PAPER,
            303_580,
            OwnModels.images(10, 1, 28).with(o -> o.dropout = 0.0).with(o -> o.dropPath = 0.0),
            options -> swin(options, 2, 48, List.of(2, 2), List.of(3, 6))),
        new ModelEntry(
            "swin_tiny_patch4_window7_224",
            "Transformer with attention in shifted windows, 12 blocks in four stages of dimension"
                + " 96 to 768",
            SWIN_PAPER,
            28_288_354,
            OwnModels.images(1000, 3, 224).with(o -> o.dropout = 0.0).with(o -> o.dropPath = 0.1),
            options -> swin(options, 4, 96, List.of(2, 2, 6, 2), List.of(3, 6, 12, 24))),
        new ModelEntry(
            "swin_small_patch4_window7_224",
            "Transformer with attention in shifted windows, 24 blocks in four stages of dimension"
                + " 96 to 768",
            SWIN_PAPER,
            49_606_258,
            OwnModels.images(1000, 3, 224).with(o -> o.dropout = 0.0).with(o -> o.dropPath = 0.1),
            options -> swin(options, 4, 96, List.of(2, 2, 18, 2), List.of(3, 6, 12, 24))));
  }

  private static Module swin(
      ModelOptions options,
      long patchSize,
      long dimension,
      List<Integer> depths,
      List<Integer> heads) {
    return new SwinTransformer(
        new SwinTransformerConfiguration(
            options.imageSize(),
            patchSize,
            options.inputChannels(),
            options.classes(),
            dimension,
            depths,
            heads,
            7,
            4,
            new TransformerDropout(options.dropout(), 0, 0, 0, options.dropPath())));
  }

  private static ModelOptions plain(
      int classes, int channels, int imageSize, int dimension, int depth) {
    return OwnModels.images(classes, channels, imageSize)
        .with(o -> o.dropout = 0.0)
        .with(o -> o.dropPath = 0.0)
        .with(o -> o.depth = depth)
        .with(o -> o.embedDim = dimension);
  }

  private static VisionTransformerConfiguration transformer(
      ModelOptions options, long patchSize, int heads) {
    requireHeads(options.embedDim(), heads);
    return new VisionTransformerConfiguration(
        options.imageSize(),
        patchSize,
        options.inputChannels(),
        options.classes(),
        options.embedDim(),
        options.depth(),
        heads,
        4,
        false,
        new TransformerDropout(options.dropout(), 0, 0, 0, options.dropPath()));
  }

  private static void requireHeads(int dimension, int heads) {
    if (dimension % heads != 0) {
      throw new IllegalArgumentException(
          "embed_dim is shared by "
              + heads
              + " heads and must be a multiple of it, but is "
              + dimension
              + "; the nearest is "
              + Math.max(1, Math.round((double) dimension / heads)) * heads);
    }
  }
}
