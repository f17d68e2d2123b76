package io.github.steelyard.data.glyphs;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Groups faces into designs, so that a test never shows what training has seen under another name.
 * Faces belong together if they have the same family's name or if their images are almost the same,
 * as with Liberation Sans and Arimo; of almost equal faces only the first is kept.
 */
final class Designs {
  /** The mean difference of images below which two faces draw the same. */
  static final double SAME = 0.01;

  private final List<Face> faces;
  private final int[] parent;
  private final Map<Face, Face> copies = new LinkedHashMap<>();

  /** Of faces in their order. */
  Designs(List<Face> faces) {
    this.faces = faces;
    this.parent = new int[faces.size()];
    Map<String, Integer> byName = new HashMap<>();
    for (int i = 0; i < parent.length; i++) {
      parent[i] = i;
      Integer first = byName.putIfAbsent(faces.get(i).design(), i);
      if (first != null) {
        join(first, i);
      }
    }
    for (int i = 0; i < parent.length; i++) {
      for (int k = 0; k < i; k++) {
        if (!copies.containsKey(faces.get(k)) && isCopy(faces.get(k), faces.get(i))) {
          copies.put(faces.get(i), faces.get(k));
          join(k, i);
          break;
        }
      }
    }
  }

  /** The faces that draw what another one draws, with that one. */
  Map<Face, Face> copies() {
    return copies;
  }

  /** The faces of each design without copies, in order. */
  List<List<Face>> groups() {
    Map<Integer, List<Face>> groups = new LinkedHashMap<>();
    for (int i = 0; i < parent.length; i++) {
      if (!copies.containsKey(faces.get(i))) {
        groups.computeIfAbsent(root(i), any -> new ArrayList<>()).add(faces.get(i));
      }
    }
    return List.copyOf(groups.values());
  }

  /** Takes out the images that a face draws for several classes: they say nothing of any. */
  static int removeAmbiguous(Face face) {
    Set<Integer> ambiguous = new TreeSet<>();
    for (Map.Entry<Integer, byte[]> a : face.images.entrySet()) {
      for (Map.Entry<Integer, byte[]> b : face.images.tailMap(a.getKey(), false).entrySet()) {
        if (Face.difference(a.getValue(), b.getValue()) < SAME) {
          ambiguous.add(a.getKey());
          ambiguous.add(b.getKey());
        }
      }
    }
    face.images.keySet().removeAll(ambiguous);
    return ambiguous.size();
  }

  private static boolean isCopy(Face first, Face second) {
    int fewer = Math.min(first.images.size(), second.images.size());
    double allowed = SAME * fewer;
    double sum = 0;
    int shared = 0;
    for (Map.Entry<Integer, byte[]> each : second.images.entrySet()) {
      byte[] other = first.images.get(each.getKey());
      if (other != null) {
        shared++;
        sum += Face.difference(each.getValue(), other);
        if (sum > allowed) {
          return false;
        }
      }
    }
    return 2 * shared > second.images.size() && sum < SAME * shared;
  }

  private void join(int a, int b) {
    int first = root(a);
    int second = root(b);
    parent[Math.max(first, second)] = Math.min(first, second);
  }

  private int root(int i) {
    int at = i;
    while (parent[at] != at) {
      parent[at] = parent[parent[at]];
      at = parent[at];
    }
    return at;
  }
}
