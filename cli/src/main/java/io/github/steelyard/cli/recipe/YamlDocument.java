package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * A YAML file as a tree that knows its lines. It accepts what a configuration needs and refuses the
 * rest: anchors and aliases (they can blow a small file up to gigabytes), tags, duplicate keys,
 * several documents, files over 256 KiB and nesting over 16 levels.
 */
public final class YamlDocument {
  static final int MOST_BYTES = 256 * 1024;
  private static final int MOST_LEVELS = 16;

  /** YAML 1.1 wants a point in a number with an exponent; everybody else writes 1e-3. */
  private static final Pattern EXPONENT =
      Pattern.compile("[-+]?(\\d+\\.?\\d*|\\.\\d+)[eE][-+]?\\d+");

  private static final YAMLFactory FACTORY = factory();

  private final Origins origins;
  private final ObjectNode root;

  private YamlDocument(Origins origins, ObjectNode root) {
    this.origins = origins;
    this.root = root;
  }

  private static YAMLFactory factory() {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(MOST_BYTES);
    options.setNestingDepthLimit(2 * MOST_LEVELS);
    return YAMLFactory.builder()
        .loaderOptions(options)
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .streamReadConstraints(
            StreamReadConstraints.builder().maxNestingDepth(2 * MOST_LEVELS).build())
        .build();
  }

  /**
   * Reads a file.
   *
   * @param file the YAML file
   * @return its content
   * @throws IOException if it cannot be read
   * @throws RecipeException if it is not acceptable YAML
   */
  public static YamlDocument read(Path file) throws IOException {
    byte[] content;
    try (InputStream in = Files.newInputStream(file)) {
      content = in.readNBytes(MOST_BYTES + 1);
    }
    return parse(file.toString(), content);
  }

  /**
   * Parses a file's content.
   *
   * @param source what to call it in messages
   * @param content YAML in UTF-8
   * @return the content
   * @throws RecipeException if it is not acceptable YAML
   */
  public static YamlDocument parse(String source, byte[] content) {
    Origins origins = new Origins(source);
    if (content.length > MOST_BYTES) {
      throw origins.error(
          "", "a recipe has at most " + MOST_BYTES / 1024 + " KiB; this file has more");
    }
    JsonNode root = parse(origins, "", decode(origins, content), true);
    if (!(root instanceof ObjectNode object)) {
      throw origins.error("", "must be a YAML mapping of keys and values, but is " + kind(root));
    }
    return new YamlDocument(origins, object);
  }

  /**
   * A document that was made, not read.
   *
   * @param source what to call it in messages
   * @param root its keys and values
   * @return the document
   */
  public static YamlDocument of(String source, ObjectNode root) {
    return new YamlDocument(new Origins(source), root);
  }

  /**
   * Parses a value as it is written in YAML.
   *
   * @param origins knows the place of the path
   */
  static JsonNode parseValue(Origins origins, String path, String text) {
    return parse(origins, path, text, false);
  }

  private static String decode(Origins origins, byte[] content) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(content))
          .toString();
    } catch (CharacterCodingException e) {
      throw origins.error("", "this is not a text file in UTF-8", e);
    }
  }

  private static JsonNode parse(Origins origins, String path, String text, boolean keepLines) {
    try (YAMLParser parser = FACTORY.createParser(text)) {
      JsonToken token = parser.nextToken();
      if (token == null) {
        return JsonNodeFactory.instance.missingNode();
      }
      JsonNode node = new Reading(parser, origins, keepLines).value(token, path, 1);
      if (parser.nextToken() != null) {
        throw new RecipeException(
            where(parser, origins, path, keepLines) + ": only one YAML document is expected");
      }
      return node;
    } catch (JsonProcessingException e) {
      String place =
          keepLines && e.getLocation() != null
              ? origins.of("") + ", line " + e.getLocation().getLineNr()
              : origins.of(path);
      throw new RecipeException(place + ": " + problem(e), e);
    } catch (IOException | NumberFormatException e) {
      throw origins.error(
          path, "this is not YAML: " + firstLine(String.valueOf(e.getMessage())), e);
    }
  }

  /** The YAML library's message begins with what it was doing; a person needs what is wrong. */
  private static String problem(JsonProcessingException e) {
    return e.getCause() instanceof MarkedYAMLException marked && marked.getProblem() != null
        ? "this is not YAML: " + firstLine(marked.getProblem())
        : firstLine(e.getOriginalMessage());
  }

  private static String where(YAMLParser parser, Origins origins, String path, boolean keepLines) {
    return keepLines
        ? origins.of("") + ", line " + parser.currentTokenLocation().getLineNr()
        : origins.of(path);
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("not YAML").strip();
  }

  /** Builds the tree; recursion is bounded by the levels that are allowed. */
  private record Reading(YAMLParser parser, Origins origins, boolean keepLines) {
    JsonNode value(JsonToken token, String path, int level) throws IOException {
      if (keepLines) {
        origins.put(path, parser.currentTokenLocation().getLineNr());
      }
      refuseReferences(path);
      if (level > MOST_LEVELS) {
        throw origins.error(path, "a recipe nests at most " + MOST_LEVELS + " levels deep");
      }
      return switch (token) {
        case START_OBJECT -> object(path, level);
        case START_ARRAY -> array(path, level);
        case VALUE_STRING -> text(parser.getText());
        case VALUE_NUMBER_INT -> integer(path);
        case VALUE_NUMBER_FLOAT -> JsonNodeFactory.instance.numberNode(parser.getDoubleValue());
        case VALUE_TRUE, VALUE_FALSE ->
            JsonNodeFactory.instance.booleanNode(token == JsonToken.VALUE_TRUE);
        case VALUE_NULL -> JsonNodeFactory.instance.nullNode();
        default -> throw origins.error(path, "this YAML cannot be understood");
      };
    }

    private void refuseReferences(String path) throws IOException {
      if (parser.isCurrentAlias() || parser.getObjectId() != null) {
        throw origins.error(
            path, "anchors (&) and aliases (*) are not allowed; write the value out");
      }
      if (parser.getTypeId() != null) {
        throw origins.error(path, "tags (!) are not allowed");
      }
    }

    private ObjectNode object(String path, int level) throws IOException {
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String key = parser.currentName();
        String below = Origins.join(path, key);
        if (keepLines) {
          origins.put(below, parser.currentTokenLocation().getLineNr());
        }
        refuseReferences(below);
        object.set(key, value(parser.nextToken(), below, level + 1));
      }
      return object;
    }

    private ArrayNode array(String path, int level) throws IOException {
      ArrayNode array = JsonNodeFactory.instance.arrayNode();
      for (JsonToken token = parser.nextToken();
          token != JsonToken.END_ARRAY;
          token = parser.nextToken()) {
        array.add(value(token, Origins.join(path, String.valueOf(array.size())), level + 1));
      }
      return array;
    }

    private JsonNode text(String text) {
      return EXPONENT.matcher(text).matches()
          ? JsonNodeFactory.instance.numberNode(Double.parseDouble(text))
          : JsonNodeFactory.instance.textNode(text);
    }

    private JsonNode integer(String path) throws IOException {
      if (parser.getNumberType() == YAMLParser.NumberType.BIG_INTEGER) {
        throw origins.error(path, "the number " + shortened(parser.getText()) + " is too large");
      }
      return JsonNodeFactory.instance.numberNode(parser.getLongValue());
    }

    private static String shortened(String text) {
      return text.length() <= 40 ? text : text.substring(0, 40) + "...";
    }
  }

  /**
   * Describes a node for a message, such as {@code the text 'abc'}.
   *
   * @param node a value
   * @return such as {@code a list}
   */
  public static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> "a mapping";
      case ARRAY -> "a list";
      case STRING -> "the text '" + Reading.shortened(node.textValue()) + "'";
      case NUMBER -> "the number " + node.asText();
      case BOOLEAN -> node.asText();
      case NULL -> "null";
      default -> "nothing";
    };
  }

  /**
   * What messages call it: the file that it was read from.
   *
   * @return the file's path, or what it is called in messages
   */
  public String source() {
    return origins.source();
  }

  /**
   * Where its keys were written.
   *
   * @return lines by keys
   */
  public Origins origins() {
    return origins;
  }

  /**
   * Its keys and values.
   *
   * @return the tree
   */
  public ObjectNode root() {
    return root;
  }
}
