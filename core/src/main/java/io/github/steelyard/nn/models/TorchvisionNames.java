package io.github.steelyard.nn.models;

import io.github.steelyard.nn.ForeignState;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** Brings torchvision's names of transformers to timm's; its residual networks have the same. */
final class TorchvisionNames {
  private static final String CHANGE = "read under timm's names";

  private TorchvisionNames() {}

  static void ofVisionTransformer(String own, ForeignState state) {
    if (state.get(own + "conv_proj.weight").isEmpty()) {
      return;
    }
    Map<String, String> names = new LinkedHashMap<>();
    names.put("^class_token$", "cls_token");
    names.put("^conv_proj\\.", "patch_embed.proj.");
    names.put("^encoder\\.pos_embedding$", "pos_embed");
    names.put("^encoder\\.ln\\.", "norm.");
    names.put("^heads\\.head\\.", "head.");
    names.put("^encoder\\.layers\\.encoder_layer_(\\d+)\\.", "blocks.$1.");
    names.put("\\.ln_([12])\\.", ".norm$1.");
    names.put("\\.self_attention\\.in_proj_", ".attn.qkv.");
    names.put("\\.self_attention\\.out_proj\\.", ".attn.proj.");
    names.put("\\.mlp\\.(0|linear_1)\\.", ".mlp.fc1.");
    names.put("\\.mlp\\.(3|linear_2)\\.", ".mlp.fc2.");
    rename(own, names, state);
  }

  static void ofSwinTransformer(String own, ForeignState state) {
    if (state.get(own + "features.0.0.weight").isEmpty()) {
      return;
    }
    Map<String, String> names = new LinkedHashMap<>();
    names.put("^features\\.0\\.0\\.", "patch_embed.proj.");
    names.put("^features\\.0\\.2\\.", "patch_embed.norm.");
    for (int stage = 0; stage < 8; stage++) {
      names.put(
          "^features\\." + (2 * stage + 1) + "\\.(\\d+)\\.", "layers." + stage + ".blocks.$1.");
      names.put("^features\\." + (2 * stage + 2) + "\\.", "layers." + (stage + 1) + ".downsample.");
    }
    names.put("\\.mlp\\.0\\.", ".mlp.fc1.");
    names.put("\\.mlp\\.3\\.", ".mlp.fc2.");
    names.put("^head\\.", "head.fc.");
    rename(own, names, state);
  }

  private static void rename(String own, Map<String, String> names, ForeignState state) {
    Map<Pattern, String> patterns = new LinkedHashMap<>();
    names.forEach((from, to) -> patterns.put(Pattern.compile(from), to));
    state.rename(
        name -> {
          if (!name.startsWith(own)) {
            return name;
          }
          String renamed = name.substring(own.length());
          for (Map.Entry<Pattern, String> pattern : patterns.entrySet()) {
            renamed = pattern.getKey().matcher(renamed).replaceFirst(pattern.getValue());
          }
          return own + renamed;
        },
        CHANGE);
  }
}
