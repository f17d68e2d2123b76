package io.github.steelyard.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrintableTest {
  private static final String ESCAPE = Character.toString(0x1b);
  private static final String BACKWARDS = Character.toString(0x202e);
  private static final String EIGHT_BIT_ESCAPE = Character.toString(0x9b);

  @Test
  void givenWhatATerminalObeys_whenItIsPrinted_thenItIsSeen() {
    assertThat(Printable.text(ESCAPE + "[31mred" + BACKWARDS + "live" + EIGHT_BIT_ESCAPE))
        .isEqualTo("\\u001b[31mred\\u202elive\\u009b");
    assertThat(Printable.name("a\r\nfake: row\t1")).isEqualTo("a\\r\\nfake: row\\t1");
  }

  @Test
  void givenLinesAndLettersOfAnyLanguage_whenTheyArePrinted_thenTheyStay() {
    for (String text : new String[] {"", "two\nlines\r\n\tand a tab", "größe/日本 😀 é"}) {
      assertThat(Printable.text(text)).isSameAs(text);
    }
    assertThat(Printable.text("overwritten\rline")).isEqualTo("overwritten\\rline");
  }
}
