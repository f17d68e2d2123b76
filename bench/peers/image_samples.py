"""Makes the reference images that core's data tests compare against.

    python bench/peers/image_samples.py core/src/test/resources/io/github/steelyard/data

Written with Pillow 13.0, timm 1.0.x, torchvision 0.25, safetensors. Writes
  augmentations.safetensors  uint8 [channels, height, width]: "input.rgb", "input.grey" and one
                             tensor for each operation, named as the test asks for them
  images/*.jpg, *.png        one file for each kind of encoding
  images.safetensors         what Pillow's exif_transpose and convert("RGB") make of them
"""

import io
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps
from safetensors.numpy import save_file
from timm.data import auto_augment
from torchvision.transforms import functional

out = Path(sys.argv[1])
(out / "images").mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(0)


def picture(height, width):
    """Smooth colours, an edge and some noise."""
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    planes = [90 + 80 * np.sin(5 * x + k) + 50 * np.cos(7 * y - k) for k in range(3)]
    planes[0][height // 3 : height // 2, width // 4 :] += 70
    noisy = np.stack(planes, -1) + random.normal(0, 6, (height, width, 3))
    return Image.fromarray(np.clip(noisy, 12, 240).astype(np.uint8))


def planar(image):
    array = np.asarray(image)
    return np.ascontiguousarray(array[None] if array.ndim == 2 else array.transpose(2, 0, 1))


rgb = picture(37, 53)
grey = rgb.convert("L")
cases = {"input.rgb": rgb, "input.grey": grey}
for name, image in (("rgb", rgb), ("grey", grey)):
    for filter_name, resample in (("bilinear", Image.BILINEAR), ("bicubic", Image.BICUBIC)):
        for height, width in ((16, 20), (37, 20), (80, 53), (91, 101), (1, 1), (5, 140)):
            # Horizontally first, as every Pillow before 13 did: the models were trained with those.
            cases[f"{name}.resize.{filter_name}.{height}x{width}"] = image.resize(
                (width, image.height), resample
            ).resize((width, height), resample)
        options = dict(resample=resample, fillcolor=(11, 122, 233) if name == "rgb" else 11)
        for value in (0.27, -0.135):
            cases[f"{name}.shear_x.{filter_name}.{value}"] = auto_augment.shear_x(image, value, **options)
            cases[f"{name}.shear_y.{filter_name}.{value}"] = auto_augment.shear_y(image, value, **options)
            cases[f"{name}.translate_x.{filter_name}.{value}"] = auto_augment.translate_x_rel(image, value, **options)
            cases[f"{name}.translate_y.{filter_name}.{value}"] = auto_augment.translate_y_rel(image, value, **options)
        for value in (27.0, -8.5):
            cases[f"{name}.rotate.{filter_name}.{value}"] = auto_augment.rotate(image, value, **options)
    for factor in (0.1, 0.55, 1.0, 1.27, 1.9):
        cases[f"{name}.color.{factor}"] = ImageEnhance.Color(image).enhance(factor)
        cases[f"{name}.contrast.{factor}"] = ImageEnhance.Contrast(image).enhance(factor)
        cases[f"{name}.brightness.{factor}"] = ImageEnhance.Brightness(image).enhance(factor)
        cases[f"{name}.sharpness.{factor}"] = ImageEnhance.Sharpness(image).enhance(factor)
    for bits in (0, 1, 4):
        cases[f"{name}.posterize.{bits}"] = ImageOps.posterize(image, bits) if bits else image.point(lambda v: 0)
    for threshold in (0, 26, 256):
        cases[f"{name}.solarize.{threshold}"] = ImageOps.solarize(image, threshold)
    for added in (0, 99, 110):
        cases[f"{name}.solarize_add.{added}"] = auto_augment.solarize_add(image, added)
    cases[f"{name}.autocontrast"] = ImageOps.autocontrast(image)
    cases[f"{name}.equalize"] = ImageOps.equalize(image)
    cases[f"{name}.invert"] = ImageOps.invert(image)
    cases[f"{name}.shorter_side.24"] = functional.resize(image, 24)
    cases[f"{name}.shorter_side.50"] = functional.resize(image, 50)
    for height, width in ((20, 30), (36, 52), (37, 53), (50, 31), (60, 70)):
        cases[f"{name}.center_crop.{height}x{width}"] = functional.center_crop(image, [height, width])
save_file({k: planar(v) for k, v in cases.items()}, out / "augmentations.safetensors")


def png(path, array, bit_depth, color_type):
    """Pillow writes no 16-bit colour."""
    height, width = array.shape[:2]
    rows = b"".join(b"\0" + array[y].astype(">u2").tobytes() for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, bit_depth, color_type, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


photo = picture(45, 61)
folder = out / "images"
photo.save(folder / "rgb-444.jpg", quality=90, subsampling=0)
photo.save(folder / "rgb-420.jpg", quality=90, subsampling=2)
photo.save(folder / "progressive.jpg", quality=90, subsampling=0, progressive=True)
photo.convert("L").save(folder / "grey.jpg", quality=90)
photo.convert("CMYK").save(folder / "cmyk.jpg", quality=90)
exif = Image.Exif()
exif[0x0112] = 6
photo.save(folder / "rotated-by-exif.jpg", quality=90, subsampling=0, exif=exif)
photo.save(folder / "rgb.png")
photo.convert("L").save(folder / "grey.png")
photo.convert("P", palette=Image.ADAPTIVE, colors=200).save(folder / "palette.png")
photo.convert("P", palette=Image.ADAPTIVE, colors=13).save(folder / "palette-4-bit.png", bits=4)
photo.convert("1").save(folder / "black-white.png")
alpha = Image.fromarray(random.integers(0, 256, (45, 61), dtype=np.uint8))
rgba = photo.copy()
rgba.putalpha(alpha)
rgba.save(folder / "alpha.png")
Image.merge("LA", (photo.convert("L"), alpha)).save(folder / "grey-alpha.png")
deep = np.asarray(photo).astype(np.uint16) * 256 + random.integers(0, 256, (45, 61, 3), dtype=np.uint16)
png(folder / "rgb-16-bit.png", deep, 16, 2)
png(folder / "grey-16-bit.png", deep[:, :, 0], 16, 0)
expected = {
    f.name: planar(ImageOps.exif_transpose(Image.open(f)).convert("RGB")) for f in sorted(folder.iterdir())
}
# Pillow clips 16-bit grey to 255; we take the high byte, as it does for colour.
expected["grey-16-bit.png"] = np.repeat(planar(photo)[:1], 3, 0)
save_file(expected, out / "images.safetensors")
