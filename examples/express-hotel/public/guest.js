import "/assets/guest/guest-list.js";
import "/assets/guest/guest-phone.js";
import "/assets/guest/street-controls.js";
