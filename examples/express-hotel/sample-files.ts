import type { MediaKind } from "belldesk/testing";

export interface SampleFile {
  readonly bytes: Buffer;
  readonly mimeType: string;
  readonly fileName: string;
}

/** A page that says "Booking 7741", for who sends a document and brings none. */
const PDF = `%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 300 100] /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>> endobj
4 0 obj <</Length 43>> stream
BT /F 18 Tf 20 40 Td (Booking 7741) Tj ET
endstream endobj
5 0 obj <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>> endobj
trailer <</Root 1 0 R>>
%%EOF
`;

/** A picture of one pixel. */
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** What a simulated phone has at hand. */
export const SAMPLES: Readonly<Partial<Record<MediaKind, SampleFile>>> = {
  image: { bytes: Buffer.from(PNG, "base64"), mimeType: "image/png", fileName: "photo.png" },
  document: { bytes: Buffer.from(PDF), mimeType: "application/pdf", fileName: "booking-7741.pdf" },
};
