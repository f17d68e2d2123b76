package io.github.steelyard.optim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How deep each parameter lies in its network, as timm's {@code group_matcher}s of vision
 * transformers, Swin transformers, residual and ConvNeXt networks say: the stem with the embeddings
 * is 0, each block one more, the last norm belongs to the last block, and the head comes last. In
 * other networks each part is one deeper than the part registered before it.
 */
public final class LayerDepths {
  private static final Pattern STEM =
      Pattern.compile(
          "(cls_token|dist_token|reg_token|pos_embed|patch_embed|norm_pre|stem|conv1|bn1)\\b.*");

  /** Stage and block; a stage's downsampling belongs to its first block. */
  private static final List<Pattern> BLOCKS =
      List.of(
          Pattern.compile("blocks\\.(\\d+)\\..*"),
          Pattern.compile("(?:layers|stages)\\.(\\d+)\\.downsample\\..*"),
          Pattern.compile("(?:layers|stages)\\.(\\d+)\\.\\w+\\.(\\d+)\\..*"),
          Pattern.compile("layer(\\d+)\\.(\\d+)\\..*"));

  private static final Pattern LAST_NORM = Pattern.compile("norm\\..*");

  private static final int[] HEAD = {2, 0, 0};

  private LayerDepths() {}

  /**
   * Numbers parameters by their depth.
   *
   * @param names names in the state dict, in the network's order
   * @return by name, from 0 without gaps
   */
  public static Map<String, Integer> of(Collection<String> names) {
    boolean hasBlocks =
        names.stream()
            .anyMatch(name -> BLOCKS.stream().anyMatch(block -> block.matcher(name).matches()));
    return hasBlocks ? ofBlocks(names) : ofParts(names);
  }

  private static Map<String, Integer> ofBlocks(Collection<String> names) {
    Map<String, int[]> places = new LinkedHashMap<>();
    names.forEach(name -> places.put(name, place(name)));
    int[] last =
        places.values().stream()
            .filter(place -> place != null && place[0] == 1)
            .max(Arrays::compare)
            .orElseThrow();
    places.replaceAll((name, place) -> place == null ? last : place);
    Map<int[], Integer> depths = new TreeMap<>(Arrays::compare);
    places.values().forEach(place -> depths.put(place, 0));
    int next = 0;
    for (Map.Entry<int[], Integer> depth : depths.entrySet()) {
      depth.setValue(next++);
    }
    Map<String, Integer> found = new LinkedHashMap<>();
    places.forEach((name, place) -> found.put(name, depths.get(place)));
    return found;
  }

  /** Kind, stage and block; null for what belongs to the last block. */
  private static int[] place(String name) {
    if (STEM.matcher(name).matches()) {
      return new int[] {0, 0, 0};
    }
    for (Pattern pattern : BLOCKS) {
      Matcher block = pattern.matcher(name);
      if (block.matches()) {
        int second = block.groupCount() > 1 ? Integer.parseInt(block.group(2)) : 0;
        return new int[] {1, Integer.parseInt(block.group(1)), second};
      }
    }
    return LAST_NORM.matcher(name).matches() ? null : HEAD;
  }

  private static Map<String, Integer> ofParts(Collection<String> names) {
    List<String> parts = new ArrayList<>();
    Map<String, Integer> found = new LinkedHashMap<>();
    for (String name : names) {
      int dot = name.indexOf('.');
      String part = dot < 0 ? name : name.substring(0, dot);
      if (!parts.contains(part)) {
        parts.add(part);
      }
      found.put(name, parts.indexOf(part));
    }
    return found;
  }
}
