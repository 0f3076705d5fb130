export { s3Files } from "./store.js";
export type { S3Client, S3FilesOptions } from "./store.js";
