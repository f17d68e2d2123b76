package io.github.steelyard.data.glyphs;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Makes small TrueType fonts whose glyphs are polygons, so that tests need none of the machine. */
final class TestFont {
  private static final int[] BOX = {0, 0, 0, 700, 500, 700, 500, 0};

  private final String family;
  private final String style;
  private final TreeMap<Character, int[]> glyphs = new TreeMap<>();

  TestFont(String family, String style) {
    this.family = family;
    this.style = style;
  }

  /** Adds a character; the polygon is x, y, x, y, ... in units of 1/1000 em. */
  TestFont with(char character, int... polygon) {
    glyphs.put(character, polygon);
    return this;
  }

  /** The box that the font shows for characters that it lacks. */
  static int[] missing() {
    return BOX.clone();
  }

  byte[] bytes() {
    try {
      return file();
    } catch (IOException e) {
      throw new AssertionError("memory cannot fail", e);
    }
  }

  private byte[] file() throws IOException {
    List<int[]> outlines = new ArrayList<>(List.of(BOX));
    outlines.addAll(glyphs.values());
    ByteArrayOutputStream glyf = new ByteArrayOutputStream();
    Table loca = new Table();
    Table hmtx = new Table();
    for (int[] outline : outlines) {
      loca.u32(glyf.size());
      glyf.write(glyph(outline));
      hmtx.u16(600, 0);
    }
    loca.u32(glyf.size());
    int count = outlines.size();
    Map<String, byte[]> tables = new LinkedHashMap<>();
    tables.put("cmap", cmap());
    tables.put("glyf", glyf.toByteArray());
    tables.put(
        "head",
        new Table()
            .u32(0x10000, 0x10000, 0, 0x5F0F3CF5)
            .u16(0, 1000)
            .u32(0, 0, 0, 0)
            .u16(0, 0, 1000, 1000, 0, 8, 2, 1, 0)
            .bytes());
    tables.put(
        "hhea",
        new Table()
            .u32(0x10000)
            .u16(800, -200, 0, 600, 0, 0, 600, 1, 0, 0, 0, 0, 0, 0, 0, count)
            .bytes());
    tables.put("hmtx", hmtx.bytes());
    tables.put("loca", loca.bytes());
    tables.put(
        "maxp",
        new Table().u32(0x10000).u16(count, 64, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0).bytes());
    tables.put("name", names());
    tables.put("post", new Table().u32(0x30000, 0, 0, 0, 0, 0, 0, 0).bytes());
    return assemble(tables);
  }

  private static byte[] glyph(int[] polygon) throws IOException {
    int points = polygon.length / 2;
    Table table = new Table().u16(1, 0, 0, 1000, 1000, points - 1, 0);
    for (int i = 0; i < points; i++) {
      table.out.writeByte(1);
    }
    for (int axis = 0; axis < 2; axis++) {
      int before = 0;
      for (int i = 0; i < points; i++) {
        table.u16(polygon[2 * i + axis] - before);
        before = polygon[2 * i + axis];
      }
    }
    return table.padded();
  }

  private byte[] cmap() throws IOException {
    int segments = glyphs.size() + 1;
    Table ends = new Table();
    Table starts = new Table();
    Table deltas = new Table();
    Table offsets = new Table();
    int glyph = 1;
    for (char character : glyphs.keySet()) {
      ends.u16(character);
      starts.u16(character);
      deltas.u16(glyph++ - character);
      offsets.u16(0);
    }
    ends.u16(0xFFFF);
    starts.u16(0xFFFF);
    deltas.u16(1);
    offsets.u16(0);
    Table map = new Table().u16(0, 1, 3, 1).u32(12);
    map.u16(4, 16 + 8 * segments, 0, 2 * segments, 0, 0, 0);
    map.out.write(ends.bytes());
    map.u16(0);
    map.out.write(starts.bytes());
    map.out.write(deltas.bytes());
    map.out.write(offsets.bytes());
    return map.bytes();
  }

  private byte[] names() throws IOException {
    Map<Integer, String> texts = new TreeMap<>();
    texts.put(0, "Made by a test");
    texts.put(1, family);
    texts.put(2, style);
    texts.put(13, "Public domain");
    Table table = new Table().u16(0, texts.size(), 6 + 12 * texts.size());
    ByteArrayOutputStream strings = new ByteArrayOutputStream();
    for (Map.Entry<Integer, String> text : texts.entrySet()) {
      byte[] encoded = text.getValue().getBytes(StandardCharsets.UTF_16BE);
      table.u16(3, 1, 0x409, text.getKey(), encoded.length, strings.size());
      strings.write(encoded);
    }
    table.out.write(strings.toByteArray());
    return table.bytes();
  }

  private static byte[] assemble(Map<String, byte[]> tables) throws IOException {
    Table file = new Table().u32(0x10000).u16(tables.size(), 128, 3, 16);
    int offset = 12 + 16 * tables.size();
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (Map.Entry<String, byte[]> table : tables.entrySet()) {
      file.out.write(table.getKey().getBytes(StandardCharsets.US_ASCII));
      file.u32(0, offset + content.size(), table.getValue().length);
      content.write(table.getValue());
      while (content.size() % 4 != 0) {
        content.write(0);
      }
    }
    file.out.write(content.toByteArray());
    return file.bytes();
  }

  /** Big-endian numbers. */
  private static final class Table {
    private final ByteArrayOutputStream buffer = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(buffer);

    Table u16(int... values) throws IOException {
      for (int value : values) {
        out.writeShort(value);
      }
      return this;
    }

    Table u32(int... values) throws IOException {
      for (int value : values) {
        out.writeInt(value);
      }
      return this;
    }

    byte[] bytes() {
      return buffer.toByteArray();
    }

    byte[] padded() throws IOException {
      while (buffer.size() % 4 != 0) {
        out.writeByte(0);
      }
      return bytes();
    }
  }
}
