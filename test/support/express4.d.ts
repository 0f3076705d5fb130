// Express 4 under its own name, beside Express 5: used only in the ways that both take.
declare module "express4" {
  import express from "express";
  export default express;
}
