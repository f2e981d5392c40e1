//! A small repository to search in.

use std::fs;
use std::path::Path;

pub(crate) const FILES: &[(&str, &str)] = &[
    ("README.md", "# Shop\nA shop with a cart, checkout and uploads of pictures.\n"),
    ("package.json", r#"{ "name": "shop", "scripts": { "test": "node --test" } }"#),
    ("package-lock.json", r#"{ "retry": "retry retry retry upload upload" }"#),
    (
        "src/upload/client.ts",
        "import { backoff } from '../net/backoff.js';\nimport { Picture } from './picture';\n\n/** Sends a picture to the store. */\nexport async function uploadPicture(picture: Picture) {\n  await backoff(() => send(picture));\n}\n\nfunction send(picture: Picture) {\n  return fetch('/pictures', { method: 'POST', body: picture.bytes });\n}\n",
    ),
    ("src/upload/picture.ts", "export interface Picture {\n  bytes: Uint8Array;\n}\n"),
    (
        "src/net/backoff.ts",
        "export async function backoff(work: () => Promise<unknown>) {\n  for (let attempt = 0; ; attempt += 1) {\n    try { return await work(); } catch (error) { if (attempt > 3) throw error; }\n  }\n}\n",
    ),
    (
        "src/cart.ts",
        "export class Cart {\n  items: string[] = [];\n  total() { return this.items.length; }\n}\n",
    ),
    (
        "src/checkout.ts",
        "import { Cart } from './cart';\nexport function checkout(cart: Cart) { return cart.total(); }\n",
    ),
    (
        "test/upload.test.ts",
        "import { uploadPicture } from '../src/upload/client';\ntest('uploads a picture', () => uploadPicture);\n",
    ),
    ("docs/upload.md", "How uploads of pictures work.\n"),
    ("logo.png", "\u{0}\u{1}upload"),
];

pub(crate) fn write(root: &Path, files: &[(&str, &str)]) -> Vec<String> {
    for (path, text) in files {
        let full = root.join(path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, text).unwrap();
    }
    files.iter().map(|(path, _)| (*path).to_owned()).collect()
}
