package io.github.steelyard.data.glyphs;

import java.awt.Shape;
import java.awt.geom.Path2D;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.fontbox.cff.CFFCharset;
import org.apache.fontbox.cff.CFFFont;
import org.apache.fontbox.ttf.CmapLookup;
import org.apache.fontbox.ttf.GlyphData;
import org.apache.fontbox.ttf.OTFParser;
import org.apache.fontbox.ttf.OpenTypeFont;
import org.apache.fontbox.ttf.TTFParser;
import org.apache.fontbox.ttf.TrueTypeCollection;
import org.apache.fontbox.ttf.TrueTypeFont;
import org.apache.pdfbox.io.RandomAccessReadBuffer;

/** Reads the faces of a TrueType or OpenType file or collection and draws their characters. */
final class FontReader {
  private final List<String> characters;
  private final GlyphRenderer renderer;

  FontReader(GlyphConfiguration configuration) {
    this.characters = configuration.characters();
    this.renderer = new GlyphRenderer(configuration.size());
  }

  /**
   * Reads every face.
   *
   * @param name the file's name for messages and the manifest
   * @param content its bytes
   * @throws IOException if the file is damaged or of a kind that is not read
   */
  List<Face> read(String name, byte[] content) throws IOException {
    String sha256 = sha256(content);
    List<Face> faces = new ArrayList<>();
    try {
      switch (kind(content)) {
        case "ttcf" -> {
          try (TrueTypeCollection all = new TrueTypeCollection(new ByteArrayInputStream(content))) {
            all.processAllFonts(font -> faces.add(face(name, faces.size(), sha256, font)));
          }
        }
        case "OTTO" -> {
          try (OpenTypeFont font = new OTFParser().parse(new RandomAccessReadBuffer(content))) {
            faces.add(face(name, 0, sha256, font));
          }
        }
        default -> {
          try (TrueTypeFont font = new TTFParser().parse(new RandomAccessReadBuffer(content))) {
            faces.add(face(name, 0, sha256, font));
          }
        }
      }
    } catch (
        RuntimeException e) { // FontBox's answer to damaged tables: IndexOutOfBounds and others
      throw new IOException("it is damaged: " + e, e);
    }
    return faces;
  }

  private Face face(String name, int index, String sha256, TrueTypeFont font) throws IOException {
    if (font instanceof OpenTypeFont open && !open.isSupportedOTF()) {
      throw new IOException("its outlines are of a kind that is not read (CFF2)");
    }
    CmapLookup map = font.getUnicodeCmapLookup();
    Optional<byte[]> missing = renderer.render(outline(font, 0));
    Map<Integer, byte[]> images = new TreeMap<>();
    for (int label = 0; label < characters.size(); label++) {
      int glyph = map.getGlyphId(characters.get(label).codePointAt(0));
      if (glyph != 0) {
        Optional<byte[]> image = renderer.render(outline(font, glyph));
        if (image.isPresent()
            && !(missing.isPresent() && Arrays.equals(missing.get(), image.get()))) {
          images.put(label, image.get());
        }
      }
    }
    return new Face(name, index, sha256, FontNames.of(font, name), images);
  }

  private static Shape outline(TrueTypeFont font, int glyph) throws IOException {
    if (font instanceof OpenTypeFont open && open.isPostScript()) {
      CFFFont outlines = open.getCFF().getFont();
      CFFCharset charset = outlines.getCharset();
      int id = charset.isCIDFont() ? charset.getCIDForGID(glyph) : glyph;
      return outlines.getType2CharString(id).getPath();
    }
    if (font.getGlyph() == null) {
      throw new IOException("it has no outlines, only pictures");
    }
    GlyphData data = font.getGlyph().getGlyph(glyph);
    return data == null ? new Path2D.Double() : data.getPath();
  }

  private static String kind(byte[] content) {
    return content.length < 4
        ? ""
        : new String(content, 0, 4, java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("This Java platform lacks SHA-256", e);
    }
  }
}
