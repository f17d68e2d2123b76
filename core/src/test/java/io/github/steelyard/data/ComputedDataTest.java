package io.github.steelyard.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.AdamW;
import io.github.steelyard.optim.AdamWConfiguration;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class ComputedDataTest {
  private static ModularAddition sums(int prime, double share, long seed, Split split) {
    return ModularAddition.of(new ModularAdditionConfiguration(prime, share, seed), split);
  }

  private static Batch all(Dataset data, Normalization normalization) throws IOException {
    DataLoader loader =
        new DataLoader(
            data, Preprocessing.of(normalization), LoaderConfiguration.evaluation(data.size()));
    try (BatchStream batches = loader.epoch(0, 0)) {
      return batches.next();
    }
  }

  @Test
  void givenASeed_whenTheSumsAreSplit_thenEachIsInOnePartAndTheSplitRepeats() throws Exception {
    Set<String> seen = new HashSet<>();
    for (Split split : Split.values()) {
      ModularAddition data = sums(7, 0.3, 4, split);
      assertThat(data.size()).isEqualTo(split == Split.TRAIN ? 14 : 35);
      Tensor tokens = all(data, Normalization.none(1)).inputs();
      assertThat(tokens.shape()).containsExactly(data.size(), 1, 3, 8);
      assertThat(tokens.sum().item_double()).isEqualTo(3.0 * data.size());
      for (int i = 0; i < data.size(); i++) {
        Tensor rows = tokens.select(0, i).squeeze(0);
        long a = rows.select(0, 0).argmax().item_long();
        long b = rows.select(0, 1).argmax().item_long();
        assertThat(rows.select(0, 2).argmax().item_long()).isEqualTo(7);
        assertThat(data.label(i)).isEqualTo((int) ((a + b) % 7));
        assertThat(data.describe(i)).isEqualTo(a + " + " + b);
        seen.add(data.describe(i));
      }
    }
    assertThat(seen).hasSize(49);
    String fingerprint = sums(7, 0.3, 4, Split.TRAIN).fingerprint();
    assertThat(sums(7, 0.3, 4, Split.TRAIN).fingerprint()).isEqualTo(fingerprint);
    assertThat(sums(7, 0.3, 5, Split.TRAIN).fingerprint()).isNotEqualTo(fingerprint);
  }

  @Test
  void givenAFewSteps_whenTheTransformerIsTrained_thenItLearnsTheSumsItSees() throws Exception {
    Seeds.set(1);
    Module model =
        Models.create(
            "modular_addition",
            ModelOptions.none().with(o -> o.classes = 7).with(o -> o.hidden = List.of(64)));
    Batch batch = all(sums(7, 0.6, 1, Split.TRAIN), Normalization.none(1));
    AdamW optimizer = new AdamW(ParameterGroup.of(model, 0.01, 0), AdamWConfiguration.defaults());
    double[] losses = new double[60];
    for (int step = 0; step < losses.length; step++) {
      losses[step] =
          Scope.compute(
              () -> {
                optimizer.zeroGrad();
                Tensor loss =
                    torch.cross_entropy_loss(model.forward(batch.inputs()), batch.targets());
                loss.backward();
                optimizer.step();
                return loss.item_double();
              });
    }
    assertThat(losses[59]).isLessThan(0.3 * losses[0]);
  }

  @Test
  void givenBlocks_whenTheyAreDrawn_thenClassesAreEvenAndPixelsStandardNormal() throws Exception {
    IndependentBlocksConfiguration configuration =
        new IndependentBlocksConfiguration(2, 3, 4000, 1, 0, 1);
    InMemoryDataset training = IndependentBlocks.draw(configuration, Split.TRAIN);
    InMemoryDataset test = IndependentBlocks.draw(configuration, Split.TEST);

    assertThat(training.classNames())
        .containsExactly("other, other", "other, same", "same, other", "same, same");
    for (int label = 0; label < 4; label++) {
      int own = label;
      assertThat(IntStream.range(0, 4000).filter(i -> training.label(i) == own).count())
          .isBetween(850L, 1150L);
    }
    Tensor pixels = all(training, IndependentBlocks.normalization(configuration)).inputs();
    assertThat(pixels.mean().item_double()).isCloseTo(0, within(0.02));
    assertThat(pixels.std().item_double()).isCloseTo(1, within(0.02));
    assertThat(test.fingerprint()).isNotEqualTo(training.fingerprint());
    assertThat(IndependentBlocks.draw(configuration, Split.TRAIN).fingerprint())
        .isEqualTo(training.fingerprint());
  }

  @Test
  void givenTwoPictures_whenTheyAreDrawn_thenEachIsOfItsKindAndThePairsAreEven() throws Exception {
    Dataset clothes = FashionMnist.builtIn(Split.TEST);
    List<List<byte[]>> pictures = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (int i = 0; i < clothes.size(); i++) {
      if (clothes.label(i) < 3) {
        pictures.get(clothes.label(i)).add(clothes.sample(i).image().pixels());
      }
    }
    InMemoryDataset whole =
        TwoPictures.draw(new TwoPicturesConfiguration(3, 28, 300, 1), Split.TEST);
    InMemoryDataset small =
        TwoPictures.draw(new TwoPicturesConfiguration(3, 7, 300, 1), Split.TEST);

    assertThat(whole.classNames()).hasSize(9).startsWith("T-shirt/top, T-shirt/top");
    assertThat(whole.parts()).hasSize(1568).startsWith(0).endsWith(1);
    for (int n = 0; n < 20; n++) {
      byte[] pixels = whole.sample(n).image().pixels();
      for (int p = 0; p < 2; p++) {
        byte[] picture = Arrays.copyOfRange(pixels, p * 784, (p + 1) * 784);
        int kind = p == 0 ? whole.label(n) / 3 : whole.label(n) % 3;
        assertThat(pictures.get(kind)).contains(picture);
      }
      int sum = 0;
      for (int i = 0; i < 16; i++) {
        sum += Byte.toUnsignedInt(pixels[(8 + i / 4) * 28 + 12 + i % 4]);
      }
      assertThat(Byte.toUnsignedInt(small.sample(n).image().pixels()[2 * 7 + 3]))
          .isEqualTo(Math.round(sum / 16f));
      assertThat(small.label(n)).isEqualTo(whole.label(n));
    }
    for (int label = 0; label < 9; label++) {
      int own = label;
      assertThat(IntStream.range(0, 300).filter(i -> whole.label(i) == own).count())
          .isBetween(15L, 55L);
    }
    assertThatThrownBy(() -> new TwoPicturesConfiguration(3, 9, 300, 1))
        .hasMessage("side must be 28, 14, 7 or 4, but is 9");
    assertThatThrownBy(() -> new TwoPicturesConfiguration(1, 7, 300, 1))
        .hasMessage("kinds must be from 2 to 10, but is 1");
  }

  @Test
  void givenNoCrossTalk_whenBlocksAreDrawn_thenTheyAreThoseOfTheFirstVersion() {
    IndependentBlocksConfiguration plain = IndependentBlocksConfiguration.defaults();
    assertThat(IndependentBlocks.draw(plain, Split.TRAIN).fingerprint()).startsWith("980deb39b111");
    assertThat(IndependentBlocks.draw(plain, Split.TEST).fingerprint()).startsWith("19c47e675007");
  }

  @Test
  void givenCrossTalk_whenBlocksAreDrawn_thenSecondPartsChangeAndClassesStayEven()
      throws Exception {
    InMemoryDataset alone =
        IndependentBlocks.draw(
            new IndependentBlocksConfiguration(2, 3, 4000, 1, 0, 1), Split.TRAIN);
    double before = 1;
    for (double crossTalk : new double[] {0.1, 0.25, 0.5}) {
      InMemoryDataset crossed =
          IndependentBlocks.draw(
              new IndependentBlocksConfiguration(2, 3, 4000, 1, crossTalk, 1), Split.TRAIN);
      assertThat(crossed.sample(7).image()).isEqualTo(alone.sample(7).image());
      double same =
          IntStream.range(0, 4000).filter(i -> crossed.label(i) == alone.label(i)).count() / 4000.0;
      assertThat(same).isBetween(0.5, before - 0.05);
      before = same;
      for (int label = 0; label < 4; label++) {
        int own = label;
        assertThat(IntStream.range(0, 4000).filter(i -> crossed.label(i) == own).count())
            .isBetween(850L, 1150L);
      }
    }
  }

  @Test
  void givenADeviationRatio_whenBlocksAreDrawn_thenTheSecondVariesLessAndPartsAreChannels()
      throws Exception {
    IndependentBlocksConfiguration graded =
        new IndependentBlocksConfiguration(2, 3, 4000, 1, 0, 0.5);
    InMemoryDataset data = IndependentBlocks.draw(graded, Split.TRAIN);
    Tensor pixels = all(data, IndependentBlocks.normalization(graded)).inputs();
    assertThat(pixels.select(1, 0).std().item_double()).isCloseTo(1, within(0.02));
    assertThat(pixels.select(1, 1).std().item_double()).isCloseTo(0.5, within(0.01));
    assertThat(Subset.stratified(data, 10, 0).parts())
        .isEqualTo(IntStream.range(0, 18).mapToObj(i -> i / 9).toList());
    assertThat(FashionMnist.builtIn(Split.TEST).parts()).isEmpty();
  }

  @Test
  void givenWrongNumbers_whenDataIsComputed_thenTheErrorNamesThem() {
    assertThatThrownBy(() -> new ModularAdditionConfiguration(1, 0.3, 0))
        .hasMessageContaining("prime must be from 2 to 200, but is 1");
    assertThatThrownBy(() -> new ModularAdditionConfiguration(7, 1, 0))
        .hasMessageContaining("trainShare must be above 0 and below 1")
        .hasMessageContaining("1.0");
    assertThatThrownBy(() -> new IndependentBlocksConfiguration(9, 3, 10, 0, 0, 1))
        .hasMessageContaining("blocks must be from 1 to 6, but is 9");
    assertThatThrownBy(() -> new IndependentBlocksConfiguration(2, 3, 10, 0, 0.6, 1))
        .hasMessageContaining("crossTalk must be from 0 to 0.5, but is 0.6");
    assertThatThrownBy(() -> new IndependentBlocksConfiguration(2, 3, 10, 0, 0, 0))
        .hasMessageContaining("deviationRatio must be above 0 and at most 1, but is 0.0");
    DatasetSource files = Datasets.get("mnist-idx");
    DatasetSource sums = Datasets.get("modular-addition");
    assertThat(files.options()).isEmpty();
    assertThatThrownBy(() -> files.withOptions(ModularAdditionConfiguration.defaults()))
        .hasMessageContaining("'mnist-idx' has no options");
    assertThatThrownBy(() -> sums.withOptions(IndependentBlocksConfiguration.defaults()))
        .hasMessageContaining("takes ModularAdditionConfiguration");
    assertThatThrownBy(() -> sums.open(Split.TRAIN, Path.of("here")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is computed and takes no folder");
  }
}
