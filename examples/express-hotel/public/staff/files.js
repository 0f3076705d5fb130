import { button, element, said } from "./dom.js";

/** Files that wait to be sent, put there by a click, by drop or by paste. */
const KINDS = {
  image: ["image/jpeg", "image/png"],
  video: ["video/mp4", "video/3gpp"],
  audio: ["audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg"],
  sticker: ["image/webp"],
};
const kindOf = ({ type }) => Object.keys(KINDS).find((kind) => KINDS[kind].includes(type.split(";")[0])) ?? "document";

export class StagedFiles {
  #files = [];
  #changed;

  constructor(changed) {
    this.#changed = changed;
    this.list = element("ul", { class: "staged", hidden: "", "aria-label": "Files to send" });
    this.input = element("input", { id: "file", type: "file", multiple: "" });
    this.input.addEventListener("change", () => {
      for (const file of this.input.files) this.add(file);
      this.input.value = "";
    });
  }
  get count() {
    return this.#files.length;
  }
  /** @param file as the browser has it; what is pasted is called `image.png` */
  add(file) {
    const preview = file.type.startsWith("image/") ? URL.createObjectURL(file) : null;
    this.put({ file, name: file.name, kind: kindOf(file), preview });
  }
  put(staged) {
    this.#files.push(staged);
    this.#show();
  }
  take() {
    const files = this.#files;
    this.#files = [];
    this.#show();
    return files;
  }
  clear() {
    for (const { preview } of this.take()) if (preview !== null) URL.revokeObjectURL(preview);
  }
  #show() {
    this.list.hidden = this.#files.length === 0;
    this.list.replaceChildren(
      ...this.#files.map((staged) => {
        const row = element("li", {});
        if (staged.preview !== null) row.append(element("img", { src: staged.preview, alt: "" }));
        row.append(
          said(staged.name),
          button(
            `Leave out ${staged.name}`,
            () => {
              this.#files = this.#files.filter((one) => one !== staged);
              this.#show();
            },
            { text: "×" },
          ),
        );
        return row;
      }),
    );
    this.#changed();
  }
}
